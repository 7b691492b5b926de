// Which alleles the haplotypes of a region have at each site: as EventMap, AssemblyBasedCallerUtils
// and HaplotypeCallerGenotypingEngine of GATK 4.6 find them.
#include "sites.h"

#include <algorithm>

namespace schelde {

namespace {

// A VCF names an indel by the base before it.
Pos vcf_start(const Variant& variant) {
  return variant.removed && !variant.inserted.empty() ? variant.pos : variant.pos - 1;
}

Bases reference_of(const Chunk& chunk, Pos start, Pos end) {
  return chunk.reference.substr(static_cast<size_t>(start - chunk.reference_start),
                                static_cast<size_t>(end - start));
}

// Variants of a haplotype that begin at the site.
std::vector<const Variant*> own_variants(const Region& region, const Haplotype& haplotype,
                                         const Site& site) {
  std::vector<const Variant*> own;
  for (const uint32_t v : haplotype.variants) {
    const Variant& variant = region.variants[v];
    if (vcf_start(variant) == site.start) own.push_back(&variant);
  }
  return own;
}

// The site's bases with these variants, and without what else the haplotype has in there: that has
// a site of its own.
Bases allele_with(const Chunk& chunk, const Site& site, const std::vector<const Variant*>& own) {
  Bases bases;
  Pos next = site.start;
  for (const Variant* variant : own) {
    if (variant->pos > next) bases += reference_of(chunk, next, variant->pos);
    bases += variant->inserted;
    next = std::max({next, variant->pos, variant->end()});
  }
  return bases + reference_of(chunk, next, site.end);
}

bool deleted_at(const Region& region, const Haplotype& haplotype, Pos pos) {
  return std::any_of(haplotype.variants.begin(), haplotype.variants.end(), [&](uint32_t v) {
    const Variant& variant = region.variants[v];
    return vcf_start(variant) < pos && variant.pos <= pos && pos < variant.end();
  });
}

}  // namespace

std::vector<Site> sites_of(const Chunk& chunk, const Region& region) {
  std::vector<bool> carried(region.variants.size(), false);
  for (const Haplotype& haplotype : region.haplotypes) {
    for (const uint32_t v : haplotype.variants) carried[v] = true;
  }
  std::vector<Site> found;
  for (size_t v = 0; v < region.variants.size(); v++) {
    const Pos start = vcf_start(region.variants[v]);
    if (!carried[v] || start < chunk.reference_start) continue;
    found.push_back({start, std::max(start + 1, region.variants[v].end())});
  }
  std::sort(found.begin(), found.end(), [](const Site& a, const Site& b) {
    return a.start != b.start ? a.start < b.start : a.end > b.end;
  });
  // Of those that begin together the longest.
  found.erase(std::unique(found.begin(), found.end(),
                          [](const Site& a, const Site& b) { return a.start == b.start; }),
              found.end());
  return found;
}

Bases reference_at(const Chunk& chunk, const Site& site) {
  return reference_of(chunk, site.start, site.end);
}

Alleles alleles_of(const Chunk& chunk, const Region& region, const Site& site,
                   const std::vector<Pos>& deleted_until) {
  const Bases reference = reference_at(chunk, site);
  const size_t haplotypes = region.haplotypes.size();
  std::vector<Bases> bases(haplotypes, reference);
  std::vector<bool> none(haplotypes, false);
  Alleles alleles;
  bool deleted = false;
  for (size_t h = 0; h < haplotypes; h++) {
    const auto own = own_variants(region, region.haplotypes[h], site);
    if (!own.empty()) {
      bases[h] = allele_with(chunk, site, own);
    } else if (site.start < deleted_until[h]) {
      bases[h].clear();
      deleted = true;
    } else {
      none[h] = deleted_at(region, region.haplotypes[h], site.start);
    }
    if (!none[h] && !bases[h].empty() && bases[h] != reference) {
      alleles.alternates.push_back(bases[h]);
    }
  }
  std::sort(alleles.alternates.begin(), alleles.alternates.end());
  alleles.alternates.erase(std::unique(alleles.alternates.begin(), alleles.alternates.end()),
                           alleles.alternates.end());
  if (deleted) alleles.alternates.emplace_back();
  for (size_t h = 0; h < haplotypes; h++) {
    const auto found =
        std::find(alleles.alternates.begin(), alleles.alternates.end(), bases[h]);
    const int place = static_cast<int>(found - alleles.alternates.begin()) + 1;
    alleles.of.push_back(none[h] ? -1 : bases[h] == reference ? 0 : place);
  }
  return alleles;
}

void note_deletions(const Region& region, const Site& site, const Alleles& alleles,
                    std::vector<Pos>& deleted_until) {
  for (size_t h = 0; h < region.haplotypes.size(); h++) {
    if (alleles.of[h] <= 0) continue;
    for (const Variant* variant : own_variants(region, region.haplotypes[h], site)) {
      if (variant->inserted.empty()) {
        deleted_until[h] = std::max(deleted_until[h], variant->end());
      }
    }
  }
}

void trim(Bases& reference, std::vector<Bases>& alternates) {
  const auto alike = [&](const Bases& bases) {
    return bases.empty() || (bases.size() > 1 && bases.back() == reference.back());
  };
  while (reference.size() > 1 && std::all_of(alternates.begin(), alternates.end(), alike)) {
    reference.pop_back();
    for (Bases& bases : alternates) {
      if (!bases.empty()) bases.pop_back();
    }
  }
}

}  // namespace schelde
