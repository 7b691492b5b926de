// Haplotypes from the k-mers of reads.
#pragma once
#include <vector>

#include "data.h"
#include "settings.h"

namespace schelde {

// Bases of a read, without any that are bad; parts of one read or fragment have the same `fragment`
// and stand side by side.
struct Stretch {
  const uint8_t* bases;
  uint32_t length;
  uint32_t fragment;
};

struct Assembled {
  Bases bases;
  uint32_t fragments;  // that show the least supported k-mer that the reference has not
};

// Ways from the first to the last k-mer of `reference` through the k-mers that at least two
// fragments have, best supported first. Empty where every k gives a cycle.
std::vector<Assembled> assemble(const Bases& reference, const std::vector<Stretch>& stretches,
                                const Settings& settings);

}  // namespace schelde
