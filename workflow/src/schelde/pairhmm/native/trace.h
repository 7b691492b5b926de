// What the steps made of a chunk, for comparisons with another caller; not used in runs.
#pragma once
#include <string>
#include <vector>

#include "data.h"

namespace schelde {

// Lines of tab-separated words, positions 0-based and half-open:
//   C contig pos removed inserted reads depth          a candidate
//   B contig pos reads                                 a breakpoint
//   W contig core_start core_end start end assemble    a window, followed by its
//   V number pos removed inserted                      variants,
//   H number bases variants                            haplotypes (numbers of variants, or -),
//   R number start bases quals insertion likelihoods   reads: aligned start, the bases that are
//                                                      compared, phred+33, one log10 per haplotype
std::string trace(const Chunk& chunk, const Pileup& pileup, const std::vector<Region>& regions,
                  const Batch& batch, const std::vector<double>& likelihoods);

}  // namespace schelde
