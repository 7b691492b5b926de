// What a call says of the reads behind it.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "likelihoods.h"

namespace schelde {

// Reads on the strands: reference forward, reverse, others forward, reverse.
using Strands = std::array<uint32_t, 4>;

// Phred of Fisher's exact test, two-sided, that strand and allele have nothing to do with another.
double fisher_strand(const Strands& strands);

// Natural logarithm of the symmetric odds ratio of strand and allele.
double strand_odds_ratio(const Strands& strands);

// z of the rank sum test: negative where `alternate` is less than `reference`. NaN if one is empty.
double rank_sum(std::vector<double> alternate, std::vector<double> reference);

// Fills in depths, strands and all else that comes from the reads. The call has its alleles,
// genotype and QUAL.
void annotate(const Chunk& chunk, const ReadLikelihoods& reads,
              const AlleleLikelihoods& likelihoods, const Settings& settings, Call& call);

}  // namespace schelde
