// Calls of a region from the likelihoods of its reads, as HaplotypeCallerGenotypingEngine and
// GenotypingEngine of GATK 4.6 make them.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "annotate.h"
#include "likelihoods.h"
#include "quality.h"
#include "sites.h"
#include "steps.h"

namespace schelde {

namespace {

constexpr int kBestQuality = 99;

// Leaves the alternates with the likeliest genotypes (AlleleSubsettingUtils).
void keep_best(Alleles& alleles, const std::vector<double>& likelihoods,
               const Genotypes& genotypes, size_t most) {
  std::vector<std::pair<double, size_t>> ranks;  // ties: the first ones stay
  for (size_t a = 1; a < alleles.size(); a++) {
    double best = -INFINITY;
    for (size_t g = 0; g < genotypes.size(); g++) {
      if (genotypes.has(g, static_cast<uint16_t>(a))) best = std::max(best, likelihoods[g]);
    }
    ranks.emplace_back(-best, a);
  }
  std::sort(ranks.begin(), ranks.end());
  std::vector<int> place(alleles.size(), -1);
  place[0] = 0;
  for (size_t i = 0; i < most; i++) place[ranks[i].second] = 1;
  std::vector<Bases> kept;
  for (size_t a = 1; a < alleles.size(); a++) {
    if (place[a] < 0) continue;
    kept.push_back(alleles.alternates[a - 1]);
    place[a] = static_cast<int>(kept.size());
  }
  alleles.alternates = kept;
  for (int& allele : alleles.of) {
    if (allele > 0) allele = place[static_cast<size_t>(allele)];
  }
}

std::vector<double> pseudocounts(const Call& call, const Settings& settings) {
  const double reference = settings.snp_heterozygosity / (settings.heterozygosity_deviation *
                                                          settings.heterozygosity_deviation);
  const double snp = settings.snp_heterozygosity * reference;
  const double indel = settings.indel_heterozygosity * reference;
  std::vector<double> counts{reference};
  for (const Bases& alternate : call.alternates) {
    // GATK takes `*` for an allele of one base.
    const size_t length = std::max<size_t>(1, alternate.size());
    counts.push_back(length == call.reference.size() ? snp : indel);
  }
  counts.push_back(indel);  // <NON_REF>
  return counts;
}

// PL, genotype, GQ and QUAL. The genotype is the first of the likeliest and has no <NON_REF>, which
// could seem likelier than all that are known where each read is unsure of other alleles.
void fill_genotype(Call& call, const Genotypes& genotypes, const Settings& settings) {
  auto& likelihoods = call.likelihoods;
  const auto first_any =
      likelihoods.begin() + static_cast<std::ptrdiff_t>(genotypes.without_last());
  const auto best = std::max_element(likelihoods.begin(), first_any);
  std::for_each(first_any, likelihoods.end(), [&](double& one) { one = std::min(one, *best); });
  for (const double likelihood : likelihoods) {
    call.pl.push_back(static_cast<int>(std::floor(-10 * (likelihood - *best) + 0.5)));
  }
  const auto g = static_cast<size_t>(best - likelihoods.begin());
  call.genotype.assign(genotypes.begin(g), genotypes.end(g));
  std::vector<int> sorted = call.pl;
  std::nth_element(sorted.begin(), sorted.begin() + 1, sorted.end());
  call.gq = std::min(kBestQuality, sorted[1]);
  const bool deleted = !call.alternates.empty() && call.alternates.back().empty();
  call.qual = variant_quality(call.pl, genotypes, pseudocounts(call, settings),
                              deleted ? static_cast<int>(call.alternates.size()) : -1);
}

// Whether the genotype has an allele that is neither the reference nor `*`.
bool differs(const Call& call) {
  return std::any_of(call.genotype.begin(), call.genotype.end(), [&](int allele) {
    return allele > 0 && !call.alternates[static_cast<size_t>(allele) - 1].empty();
  });
}

// What the calls of a region are made from.
struct Work {
  const Chunk& chunk;
  const Region& region;
  const Settings& settings;
  ReadLikelihoods reads;
};

// A window may reach over the border of a pseudo-autosomal region.
int copies_at(const Work& work, Pos pos) {
  const std::vector<Interval>& intervals = work.chunk.intervals;
  const auto after = std::upper_bound(intervals.begin(), intervals.end(), pos,
                                      [](Pos a, const Interval& b) { return a < b.start; });
  const bool inside = after != intervals.begin() && pos < std::prev(after)->end;
  return inside ? std::prev(after)->copies : work.region.window.copies;
}

AlleleLikelihoods likelihoods_at(const Work& work, const Site& site, const Alleles& alleles) {
  const Pos margin = work.settings.allele_margin;
  return allele_likelihoods(work.reads, alleles.of, alleles.size(), site.start - margin,
                            site.end + margin);
}

Call call_of(const Work& work, const Site& site, const Alleles& alleles,
             const AlleleLikelihoods& likelihoods) {
  const int copies = copies_at(work, site.start);
  const Genotypes genotypes(likelihoods.alleles, copies);
  Call call{};
  call.pos = site.start;
  call.copies = copies;
  call.reference = reference_at(work.chunk, site);
  call.alternates = alleles.alternates;
  trim(call.reference, call.alternates);
  call.likelihoods = genotype_likelihoods(likelihoods, genotypes);
  fill_genotype(call, genotypes, work.settings);
  return call;
}

}  // namespace

std::vector<Call> genotype(const Chunk& chunk, const Region& region, const double* likelihoods,
                           const Settings& settings) {
  const Work work{chunk, region, settings,
                  read_likelihoods(chunk, region, likelihoods, settings)};
  std::vector<Call> calls;
  std::vector<Pos> deleted_until(region.haplotypes.size(), -1);
  for (const Site& site : sites_of(chunk, region)) {
    Alleles alleles = alleles_of(chunk, region, site, deleted_until);
    if (alleles.alternates.size() == (alleles.has_deleted() ? 1 : 0)) continue;
    AlleleLikelihoods values = likelihoods_at(work, site, alleles);
    if (values.reads.empty()) continue;
    if (alleles.alternates.size() > settings.most_alternates) {
      const Genotypes all(values.alleles, copies_at(work, site.start));
      keep_best(alleles, genotype_likelihoods(values, all), all, settings.most_alternates);
      values = likelihoods_at(work, site, alleles);
    }
    Call call = call_of(work, site, alleles, values);
    if (call.qual < settings.least_qual && !differs(call)) continue;
    annotate(chunk, work.reads, values, settings, call);
    note_deletions(region, site, alleles, deleted_until);
    calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace schelde
