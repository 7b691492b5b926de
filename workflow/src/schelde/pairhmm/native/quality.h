// How sure it is that a site differs from the reference.
#pragma once
#include <vector>

#include "genotypes.h"

namespace schelde {

// QUAL (phred) of a site from its PL. `pseudocounts`: what is known of each allele's frequency
// before; `deleted`: the place of `*` among the alleles, or -1. `*` is not a difference here.
double variant_quality(const std::vector<int>& pl, const Genotypes& genotypes,
                       const std::vector<double>& pseudocounts, int deleted);

}  // namespace schelde
