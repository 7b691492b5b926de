// From the likelihoods of reads given haplotypes to those of genotypes, as GATK 4.6 does it
// (PairHMMLikelihoodCalculationEngine, AlleleLikelihoods, GenotypeLikelihoodCalculator).
#include "likelihoods.h"

#include <algorithm>
#include <cmath>

namespace schelde {

namespace {

// Where a base of a read lies; an inserted one between the aligned base before it and `pos`.
struct Place {
  Pos pos;
  bool aligned;
};

// Soft-clipped bases are laid beside the aligned ones: they were compared with the haplotypes too.
Place place_of(const Chunk& chunk, const Read& read, uint32_t base) {
  const CigarOp* op = &chunk.cigars[read.cigar];
  const CigarOp* end = op + read.operations;
  Pos pos = read.start;
  if (op != end && op->op == 'S') pos -= op->length;
  uint32_t first = 0;
  for (; op != end; op++) {
    const bool in_read = op->op != 'D' && op->op != 'N';
    const bool aligned = op->op != 'I';
    if (in_read && base < first + op->length) {
      return {aligned ? pos + (base - first) : pos, aligned};
    }
    if (in_read) first += op->length;
    if (aligned) pos += op->length;
  }
  return {pos, false};
}

// The least likelihood that the best haplotype may give a read of so many bases.
double least_likelihood(uint32_t length, const Settings& settings) {
  const double errors = std::ceil(length * settings.errors_per_base);
  return settings.error_likelihood * std::min(settings.most_errors, errors);
}

// The median of the alleles that are not the best one; that of the best one if there are none.
double any_other_allele(const double* values, size_t alleles, std::vector<double>& buffer) {
  const double best = *std::max_element(values, values + alleles);
  buffer.clear();
  for (size_t a = 0; a < alleles; a++) {
    if (values[a] < best) buffer.push_back(values[a]);
  }
  if (buffer.empty()) return best;
  std::sort(buffer.begin(), buffer.end());
  const size_t half = buffer.size() / 2;
  return buffer.size() % 2 ? buffer[half] : (buffer[half - 1] + buffer[half]) / 2;
}

}  // namespace

ReadLikelihoods read_likelihoods(const Chunk& chunk, const Region& region,
                                 const double* likelihoods, const Settings& settings) {
  ReadLikelihoods usable;
  const size_t haplotypes = region.haplotypes.size();
  usable.haplotypes = haplotypes;
  usable.reads.reserve(region.reads.size());
  usable.values.reserve(region.reads.size() * haplotypes);
  for (size_t r = 0; r < region.reads.size(); r++) {
    const double* row = likelihoods + region.first_pair + r * haplotypes;
    const double best = *std::max_element(row, row + haplotypes);
    const RegionRead& part = region.reads[r];
    if (part.to <= part.from) continue;
    if (best < least_likelihood(part.to - part.from, settings)) continue;
    const Read& read = chunk.reads[part.read];
    const Place first = place_of(chunk, read, part.from), last = place_of(chunk, read, part.to - 1);
    usable.reads.push_back(
        {part.read, part.from, part.to, first.pos, last.pos + (last.aligned ? 1 : 0)});
    const double least = best - settings.mismapping_cap;
    for (size_t h = 0; h < haplotypes; h++) usable.values.push_back(std::max(row[h], least));
  }
  return usable;
}

AlleleLikelihoods allele_likelihoods(const ReadLikelihoods& reads,
                                     const std::vector<int>& allele_of, size_t alleles, Pos start,
                                     Pos end) {
  AlleleLikelihoods found;
  found.alleles = alleles + 1;
  std::vector<double> values(alleles + 1), buffer;
  for (uint32_t r = 0; r < reads.reads.size(); r++) {
    if (reads.reads[r].start >= end || reads.reads[r].end <= start) continue;
    std::fill(values.begin(), values.end(), -INFINITY);
    const double* row = &reads.values[r * reads.haplotypes];
    for (size_t h = 0; h < reads.haplotypes; h++) {
      if (allele_of[h] < 0) continue;
      double& value = values[static_cast<size_t>(allele_of[h])];
      value = std::max(value, row[h]);
    }
    values[alleles] = any_other_allele(values.data(), alleles, buffer);
    found.reads.push_back(r);
    found.values.insert(found.values.end(), values.begin(), values.end());
  }
  return found;
}

std::vector<double> genotype_likelihoods(const AlleleLikelihoods& likelihoods,
                                         const Genotypes& genotypes) {
  std::vector<double> sums(genotypes.size(), 0);
  std::vector<double> shares(likelihoods.alleles);
  const double copies = static_cast<double>(genotypes.end(0) - genotypes.begin(0));
  for (size_t r = 0; r < likelihoods.reads.size(); r++) {
    const double* row = &likelihoods.values[r * likelihoods.alleles];
    const double best = *std::max_element(row, row + likelihoods.alleles);
    for (size_t a = 0; a < likelihoods.alleles; a++) shares[a] = std::pow(10, row[a] - best);
    for (size_t g = 0; g < sums.size(); g++) {
      double sum = 0;
      for (const uint16_t* a = genotypes.begin(g); a != genotypes.end(g); a++) sum += shares[*a];
      sums[g] += best + std::log10(sum / copies);
    }
  }
  return sums;
}

}  // namespace schelde
