// What fragments say of the variants of a window, and which combinations of them they show.
#pragma once
#include <vector>

#include "data.h"
#include "settings.h"

namespace schelde {

enum Allele : uint8_t { kReferenceAllele = 0, kVariantAllele = 1, kUnknownAllele = 2 };

// Fragments that say the same of all variants.
struct Row {
  std::vector<uint8_t> alleles;  // one Allele for each variant
  uint32_t fragments;
};

// `reads`: places in Chunk::reads. Rows without any known allele are left out; in order.
std::vector<Row> rows_of(const Chunk& chunk, const std::vector<Variant>& variants,
                         const std::vector<uint32_t>& reads, const Settings& settings);

// ---- combinations.cc

// A combination of variants, by their places, and the number of fragments that agree with it.
struct Combination {
  std::vector<uint32_t> variants;
  uint64_t fragments;
};

// Combinations that rows show, at most `most`, best first; the empty one is always among them, and
// each strong variant is in one. Variants in conflict are not combined; neighbours that no fragment
// has both of combine freely.
std::vector<Combination> combinations(const std::vector<Variant>& variants,
                                      const std::vector<Row>& rows, size_t most);

// For each variant whether at least a fifth of the fragments that know of it show it.
std::vector<uint8_t> strong_variants(const std::vector<Row>& rows, size_t variants);

// The best `most` combinations in order of fragments, then of content; the empty one is first, and
// no strong variant is lost that is in one of them.
void keep_best(std::vector<Combination>& combinations, const std::vector<uint8_t>& strong,
               size_t most);

}  // namespace schelde
