// The rank sum test of GATK 4.6 (MannWhitneyU, one-sided, the first series dominating): from 10
// values in either series on by the normal distribution, else over all permutations of the labels.
#include <algorithm>
#include <cmath>
#include <utility>

#include "annotate.h"

namespace schelde {

namespace {

constexpr size_t kLeastForNormal = 10;

struct Ranked {
  std::vector<uint32_t> doubled;  // twice the rank of each value, in order of values
  double ties = 0;                // sum of n^3 - n over groups of n equal values
  uint32_t alternate = 0;         // twice the sum of ranks of the alternate's values
};

// `values`: each with whether it is the alternate's.
Ranked ranked(std::vector<std::pair<double, bool>> values) {
  std::sort(values.begin(), values.end());
  Ranked found;
  for (size_t i = 0, next = 0; i < values.size(); i = next) {
    while (next < values.size() && values[next].first == values[i].first) next++;
    const uint32_t rank = static_cast<uint32_t>(i + 1 + next);
    const double equal = static_cast<double>(next - i);
    // GATK counts no ties where all values are equal.
    if (next - i != values.size()) found.ties += equal * equal * equal - equal;
    for (size_t k = i; k < next; k++) {
      found.doubled.push_back(rank);
      if (values[k].second) found.alternate += rank;
    }
  }
  return found;
}

double normal_z(const Ranked& all, double alternates, double references) {
  const double n = alternates + references;
  const double u = all.alternate / 2.0 - alternates * (alternates + 1) / 2;
  const double mean = alternates * references / 2;
  const double sigma =
      std::sqrt(alternates * references / 12 * ((n + 1) - all.ties / (n * (n - 1))));
  // GATK corrects for continuity only if there are ties.
  const double correction = all.ties == 0 ? 0 : -0.5;
  return (u - mean - correction) / sigma;
}

// z of a probability of at most one half, by Newton's steps from 0, which approach it from above.
double lower_z(double probability) {
  double z = 0;
  for (int turn = 0; turn < 100; turn++) {
    const double area = std::erfc(-z / std::sqrt(2.0)) / 2;
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
    const double step = (area - probability) / density;
    z -= step;
    if (std::abs(step) < 1e-12) break;
  }
  return z;
}

// How many ways there are to choose the alternate's values: `ways[sum]` by twice the sum of ranks.
std::vector<double> ways_by_sum(const std::vector<uint32_t>& doubled, size_t alternates) {
  uint32_t most = 0;
  for (const uint32_t rank : doubled) most += rank;
  const size_t width = most + 1;
  std::vector<double> ways((alternates + 1) * width, 0);
  ways[0] = 1;
  uint32_t sum = 0;
  for (const uint32_t rank : doubled) {
    for (size_t k = alternates; k-- > 0;) {
      const double* from = &ways[k * width];
      double* to = &ways[(k + 1) * width];
      for (uint32_t s = 0; s <= sum; s++) to[s + rank] += from[s];
    }
    sum += rank;
  }
  return {ways.end() - static_cast<std::ptrdiff_t>(width), ways.end()};
}

double exact_z(const Ranked& all, size_t alternates) {
  const std::vector<double> ways = ways_by_sum(all.doubled, alternates);
  double below = ways[all.alternate] / 2, total = 0;
  for (size_t sum = 0; sum < ways.size(); sum++) {
    total += ways[sum];
    if (sum < all.alternate) below += ways[sum];
  }
  const double probability = below / total;
  return probability <= 0.5 ? lower_z(probability) : -lower_z(1 - probability);
}

}  // namespace

double rank_sum(std::vector<double> alternate, std::vector<double> reference) {
  if (alternate.empty() || reference.empty()) return NAN;
  std::vector<std::pair<double, bool>> values;
  for (const double value : alternate) values.emplace_back(value, true);
  for (const double value : reference) values.emplace_back(value, false);
  const Ranked all = ranked(std::move(values));
  if (std::max(alternate.size(), reference.size()) < kLeastForNormal) {
    return exact_z(all, alternate.size());
  }
  return normal_z(all, static_cast<double>(alternate.size()),
                  static_cast<double>(reference.size()));
}

}  // namespace schelde
