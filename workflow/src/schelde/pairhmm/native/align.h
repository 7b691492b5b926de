// How a haplotype differs from the reference.
#pragma once
#include <vector>

#include "data.h"

namespace schelde {

// The differences of `haplotype` from `reference`, which begins at `start`; both have the same
// ends. In order; each indel as far left as this haplotype lets it go; no two indels touch.
std::vector<Variant> differences(const Bases& reference, Pos start, const Bases& haplotype);

// How much less an alignment with this variant scores than one without, by the scores that
// `differences` goes by.
int64_t alignment_cost(const Variant& variant);

// The reference with variants, which are in order and not in conflict, put in.
Bases with_variants(const Bases& reference, Pos start, const std::vector<Variant>& variants);

}  // namespace schelde
