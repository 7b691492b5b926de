// Sites of a region, as a VCF has them, and their alleles.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data.h"

namespace schelde {

// Variants that begin at one position of a VCF, [start, end) of the reference.
struct Site {
  Pos start, end;
};

// Alleles of a site: that of haplotype h is `of[h]`, 0 for the reference, -1 for none of these.
struct Alleles {
  std::vector<Bases> alternates;  // in order; `*`, an empty one, last
  std::vector<int> of;

  bool has_deleted() const { return !alternates.empty() && alternates.back().empty(); }
  size_t size() const { return alternates.size() + 1; }
};

// Sites of the variants that a haplotype has, in order. An indel before the first base that is
// known has no base to be named by, and GATK has none there either.
std::vector<Site> sites_of(const Chunk& chunk, const Region& region);

Bases reference_at(const Chunk& chunk, const Site& site);

// `deleted_until`: how far the deletions that were called reach, for each haplotype. A haplotype
// with a deletion that was not called has no allele in it: GATK leaves `*` out in that case.
Alleles alleles_of(const Chunk& chunk, const Region& region, const Site& site,
                   const std::vector<Pos>& deleted_until);

// Notes the deletions of a site that was called: they make `*` of the sites inside them.
void note_deletions(const Region& region, const Site& site, const Alleles& alleles,
                    std::vector<Pos>& deleted_until);

// Takes off what all alleles end in; one base stays.
void trim(Bases& reference, std::vector<Bases>& alternates);

}  // namespace schelde
