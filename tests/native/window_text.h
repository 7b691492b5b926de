// Text form of a chunk with reads and candidates, for the drivers of windows and haplotypes. Lines:
//   chunk START END FIRST LAST CUT_START CUT_END
//   reference START BASES
//   interval START END COPIES
//   read START CIGAR BASES QUALITIES FRAGMENT CLIP_START CLIP_END   (phred+33)
//   candidate POS REMOVED INSERTED READS DEPTH                      (- for nothing inserted)
//   breakpoint POS READS
#pragma once
#include <iostream>
#include <sstream>
#include <string>

#include "steps.h"

namespace schelde {

inline Bases bases_of(const std::string& text) {
  Bases bases;
  if (text == "-") return bases;
  for (const char letter : text) {
    const size_t code = std::string("ACGT").find(letter);
    bases.push_back(code == std::string::npos ? kN : static_cast<uint8_t>(code));
  }
  return bases;
}

inline std::string text_of(const Bases& bases) {
  std::string text;
  for (const uint8_t code : bases) text += "ACGTN"[code];
  return text.empty() ? "-" : text;
}

inline std::string text_of(const Variant& variant) {
  return std::to_string(variant.pos) + ":" + std::to_string(variant.removed) + ":" +
         text_of(variant.inserted);
}

struct Scene {
  Chunk chunk;
  Pileup pileup;
};

inline void add_read(std::istream& words, Chunk& chunk) {
  Read read{};
  std::string cigar, bases, quals;
  words >> read.start >> cigar >> bases >> quals >> read.fragment >> read.clip_start >>
      read.clip_end;
  read.end = read.start;
  read.mapq = 60;
  read.offset = static_cast<uint32_t>(chunk.bases.size());
  read.length = static_cast<uint32_t>(bases.size());
  read.cigar = static_cast<uint32_t>(chunk.cigars.size());
  std::istringstream operations(cigar);
  CigarOp op;
  while (operations >> op.length >> op.op) {
    chunk.cigars.push_back(op);
    ++read.operations;
    if (op.op == 'M' || op.op == 'D' || op.op == 'N') read.end += op.length;
  }
  chunk.bases += bases_of(bases);
  for (const char letter : quals) chunk.quals.push_back(static_cast<uint8_t>(letter - '!'));
  chunk.reads.push_back(read);
}

inline Scene read_scene(std::istream& in) {
  Scene scene;
  Chunk& chunk = scene.chunk;
  for (std::string line, word, text; std::getline(in, line);) {
    std::istringstream words(line);
    words >> word;
    if (word == "chunk") {
      words >> chunk.start >> chunk.end >> chunk.first >> chunk.last >> chunk.cut_start >>
          chunk.cut_end;
    } else if (word == "reference") {
      words >> chunk.reference_start >> text;
      chunk.reference = bases_of(text);
    } else if (word == "interval") {
      Interval interval;
      words >> interval.start >> interval.end >> interval.copies;
      chunk.intervals.push_back(interval);
    } else if (word == "read") {
      add_read(words, chunk);
    } else if (word == "candidate") {
      Candidate candidate;
      words >> candidate.variant.pos >> candidate.variant.removed >> text >> candidate.reads >>
          candidate.depth;
      candidate.variant.inserted = bases_of(text);
      scene.pileup.candidates.push_back(candidate);
    } else if (word == "breakpoint") {
      Breakpoint breakpoint;
      words >> breakpoint.pos >> breakpoint.reads;
      scene.pileup.breakpoints.push_back(breakpoint);
    }
  }
  scene.pileup.first = chunk.first;
  scene.pileup.last = chunk.last;
  return scene;
}

}  // namespace schelde
