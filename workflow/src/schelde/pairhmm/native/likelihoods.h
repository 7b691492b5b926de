// Likelihoods of reads: given haplotypes, given alleles, and of genotypes. All are log10.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data.h"
#include "genotypes.h"
#include "settings.h"

namespace schelde {

// A read that is genotyped with: its bases [from, to) are those that were compared.
struct Evidence {
  uint32_t read;
  uint32_t from, to;
  Pos start, end;  // where these bases lie, soft-clipped ones as if they were aligned
};

struct ReadLikelihoods {
  std::vector<Evidence> reads;
  size_t haplotypes;
  std::vector<double> values;  // a row of haplotypes for each read
};

// Reads that overlap a site; the last allele is <NON_REF>.
struct AlleleLikelihoods {
  std::vector<uint32_t> reads;  // places in ReadLikelihoods::reads
  size_t alleles;
  std::vector<double> values;  // a row of alleles for each read
};

// Reads of a region that a haplotype explains, with the cap for wrong mappings.
ReadLikelihoods read_likelihoods(const Chunk& chunk, const Region& region,
                                 const double* likelihoods, const Settings& settings);

// Likelihoods of alleles from those of haplotypes. `allele_of`: the allele of each haplotype, -1
// for one that has none of them; `alleles`: their number, <NON_REF> not among them. Only reads
// that overlap [start, end) are taken.
AlleleLikelihoods allele_likelihoods(const ReadLikelihoods& reads,
                                     const std::vector<int>& allele_of, size_t alleles, Pos start,
                                     Pos end);

std::vector<double> genotype_likelihoods(const AlleleLikelihoods& likelihoods,
                                         const Genotypes& genotypes);

}  // namespace schelde
