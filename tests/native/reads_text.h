// What the drivers of reads and pile-up share. Plans on stdin, lines:
//   reads_per_start NUMBER
//   chunk CONTIG START END FIRST LAST
//   reference CONTIG BASES            (from position 0 on)
#pragma once
#include <fcntl.h>

#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "window_text.h"

namespace schelde {

struct Plans {
  Settings settings;
  std::vector<ChunkPlan> chunks;
  std::map<std::string, Bases> references;
};

inline Plans read_plans() {
  Plans plans;
  for (std::string word; std::cin >> word;) {
    if (word == "reads_per_start") {
      std::cin >> plans.settings.reads_per_start;
    } else if (word == "chunk") {
      ChunkPlan plan{};
      std::cin >> plan.contig >> plan.start >> plan.end >> plan.first >> plan.last;
      plans.chunks.push_back(plan);
    } else if (word == "reference") {
      std::string contig, bases;
      std::cin >> contig >> bases;
      plans.references[contig] = bases_of(bases);
    } else {
      throw std::runtime_error("unknown word " + word);
    }
  }
  return plans;
}

inline int opened(const char* path) {
  const int descriptor = open(path, O_RDONLY);
  if (descriptor < 0) throw std::runtime_error(std::string("cannot read ") + path);
  return descriptor;
}

}  // namespace schelde
