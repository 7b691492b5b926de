// How a haplotype differs from the reference.
#pragma once
#include <vector>

#include "data.h"

namespace schelde {

// The differences of `haplotype` from `reference`, which begins at `start`; both have the same
// ends. In order; each indel as far left as this haplotype lets it go; no two indels touch.
std::vector<Variant> differences(const Bases& reference, Pos start, const Bases& haplotype);

// The reference with variants, which are in order and not in conflict, put in.
Bases with_variants(const Bases& reference, Pos start, const std::vector<Variant>& variants);

}  // namespace schelde
