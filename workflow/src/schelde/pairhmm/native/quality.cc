// QUAL as GATK 4.6 has it (AlleleFrequencyCalculator): frequencies of the alleles have a Dirichlet
// prior, and the frequencies and the genotype are found by turns.
#include "quality.h"

#include <algorithm>
#include <cmath>

namespace schelde {

namespace {

// Alleles that are expected change by less than this from one turn to the next.
constexpr double kConverged = 0.1;

double log10_sum(const std::vector<double>& values) {
  const double best = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += std::pow(10, value - best);
  return best + std::log10(sum);
}

// log10 probabilities of the genotypes, given frequencies (log10) of the alleles.
std::vector<double> posteriors(const std::vector<int>& pl, const Genotypes& genotypes,
                               const std::vector<double>& frequencies) {
  std::vector<double> found(genotypes.size());
  for (size_t g = 0; g < found.size(); g++) {
    found[g] = genotypes.log10_orders(g) - pl[g] / 10.0;
    for (const uint16_t* a = genotypes.begin(g); a != genotypes.end(g); a++) {
      found[g] += frequencies[*a];
    }
  }
  const double sum = log10_sum(found);
  for (double& value : found) value -= sum;
  return found;
}

std::vector<double> expected_counts(const std::vector<double>& probabilities,
                                    const Genotypes& genotypes, size_t alleles) {
  std::vector<double> counts(alleles, 0);
  for (size_t g = 0; g < genotypes.size(); g++) {
    const double probability = std::pow(10, probabilities[g]);
    for (const uint16_t* a = genotypes.begin(g); a != genotypes.end(g); a++) {
      counts[*a] += probability;
    }
  }
  return counts;
}

// Frequencies of the alleles, log10; the first turn takes all alleles for equally frequent, lest
// the prior alone hide a variant.
std::vector<double> likely_frequencies(const std::vector<int>& pl, const Genotypes& genotypes,
                                       const std::vector<double>& pseudocounts) {
  const size_t alleles = pseudocounts.size();
  std::vector<double> frequencies(alleles, -std::log10(static_cast<double>(alleles)));
  std::vector<double> counts(alleles, 0);
  double change = INFINITY;
  while (change > kConverged) {
    const std::vector<double> next =
        expected_counts(posteriors(pl, genotypes, frequencies), genotypes, alleles);
    change = 0;
    double sum = 0;
    for (size_t a = 0; a < alleles; a++) {
      change = std::max(change, std::abs(next[a] - counts[a]));
      sum += pseudocounts[a] + next[a];
    }
    for (size_t a = 0; a < alleles; a++) {
      frequencies[a] = std::log10((pseudocounts[a] + next[a]) / sum);
    }
    counts = next;
  }
  return frequencies;
}

}  // namespace

double variant_quality(const std::vector<int>& pl, const Genotypes& genotypes,
                       const std::vector<double>& pseudocounts, int deleted) {
  const std::vector<double> probabilities =
      posteriors(pl, genotypes, likely_frequencies(pl, genotypes, pseudocounts));
  std::vector<double> unchanged;
  for (size_t g = 0; g < genotypes.size(); g++) {
    if (std::all_of(genotypes.begin(g), genotypes.end(g),
                    [deleted](uint16_t a) { return a == 0 || a == deleted; })) {
      unchanged.push_back(probabilities[g]);
    }
  }
  return std::max(0.0, -10 * log10_sum(unchanged));
}

}  // namespace schelde
