// Combinations of the variants of a window that fragments show.
#include "alleles.h"

#include <algorithm>

#include "spans.h"

namespace schelde {
namespace {

// A combination that is being made: what rows say of it so far.
struct Partial {
  std::vector<uint8_t> alleles;
  std::vector<uint8_t> agrees;  // for each row: 0 no, 1 it knows nothing yet, 2 it does
  uint64_t fragments;           // of rows that agree
  // Fragments show it. The reference is kept in any case, but what it does not stand for is not.
  bool shown;
};

bool fits(const std::vector<Variant>& variants, const Partial& partial, size_t site) {
  for (size_t i = site; i-- > 0;) {
    if (partial.alleles[i] && in_conflict(variants[i], variants[site])) return false;
  }
  return true;
}

Partial extended(const Partial& partial, uint8_t allele, size_t site, const std::vector<Row>& rows,
                 bool shown) {
  Partial out = partial;
  out.shown = shown;
  out.alleles.push_back(allele);
  out.fragments = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint8_t has = rows[i].alleles[site];
    if (out.agrees[i] && has != kUnknownAllele) out.agrees[i] = has == allele ? 2 : 0;
    if (out.agrees[i] == 2) out.fragments += rows[i].fragments;
  }
  return out;
}

// Which alleles of a site the fragments show together with what is there already; if none has both,
// which alleles they show at all.
void extend(const Partial& partial, size_t site, const std::vector<Variant>& variants,
            const std::vector<Row>& rows, std::vector<Partial>& out) {
  uint64_t together[2] = {0, 0}, alone[2] = {0, 0};
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint8_t has = rows[i].alleles[site];
    if (has == kUnknownAllele || !partial.agrees[i]) continue;
    (partial.agrees[i] == 2 ? together : alone)[has] += rows[i].fragments;
  }
  const uint64_t* shown = together[0] + together[1] > 0 ? together : alone;
  const bool all_reference =
      std::find(partial.alleles.begin(), partial.alleles.end(), 1) == partial.alleles.end();
  // As for candidates: at least one in twenty.
  const uint64_t total = shown[0] + shown[1];
  const auto enough = [&](uint8_t allele) {
    return partial.shown && (total == 0 || (shown[allele] > 0 && shown[allele] * 20 >= total));
  };
  if (all_reference || enough(0)) out.push_back(extended(partial, 0, site, rows, enough(0)));
  if (enough(1) && fits(variants, partial, site)) {
    out.push_back(extended(partial, 1, site, rows, true));
  }
}

// What the row that most fragments show of those that have a variant says of all variants.
Combination around(uint32_t variant, const std::vector<Variant>& variants,
                   const std::vector<Row>& rows) {
  const Row* best = nullptr;
  for (const Row& row : rows) {
    if (row.alleles[variant] != kVariantAllele) continue;
    if (!best || row.fragments > best->fragments) best = &row;
  }
  Combination out{{variant}, best->fragments};
  for (uint32_t i = 0; i < variants.size(); ++i) {
    if (i == variant || best->alleles[i] != kVariantAllele) continue;
    const bool fits = std::none_of(
        out.variants.begin(), out.variants.end(),
        [&](uint32_t other) { return in_conflict(variants[i], variants[other]); });
    if (fits) out.variants.push_back(i);
  }
  std::sort(out.variants.begin(), out.variants.end());
  return out;
}

// Adds combinations with the strong variants that none has: reads that differ from one another at
// many sites may agree with no combination as a whole.
void add_missing(std::vector<Combination>& combinations, const std::vector<Variant>& variants,
                 const std::vector<Row>& rows, const std::vector<uint8_t>& strong) {
  std::vector<uint8_t> missing = strong;
  for (const Combination& one : combinations) {
    for (const uint32_t variant : one.variants) missing[variant] = 0;
  }
  for (uint32_t i = 0; i < missing.size(); ++i) {
    if (!missing[i]) continue;
    combinations.push_back(around(i, variants, rows));
    for (const uint32_t variant : combinations.back().variants) missing[variant] = 0;
  }
}

Combination combination_of(const Partial& partial) {
  Combination combination{{}, partial.fragments};
  for (uint32_t i = 0; i < partial.alleles.size(); ++i) {
    if (partial.alleles[i]) combination.variants.push_back(i);
  }
  return combination;
}

void keep_best_partials(std::vector<Partial>& partials, const std::vector<uint8_t>& strong,
                        size_t most) {
  if (partials.size() <= most) return;
  std::vector<Combination> best;
  for (const Partial& partial : partials) best.push_back(combination_of(partial));
  keep_best(best, strong, most);
  std::vector<Partial> kept;
  for (Partial& partial : partials) {
    const Combination combination = combination_of(partial);
    for (const Combination& one : best) {
      if (one.variants != combination.variants) continue;
      kept.push_back(std::move(partial));
      break;
    }
  }
  partials = std::move(kept);
}

}  // namespace

std::vector<uint8_t> strong_variants(const std::vector<Row>& rows, size_t variants) {
  std::vector<uint8_t> strong(variants, 0);
  for (size_t i = 0; i < variants; ++i) {
    uint64_t has[3] = {0, 0, 0};
    for (const Row& row : rows) has[row.alleles[i]] += row.fragments;
    strong[i] = has[1] > 0 && 5 * has[1] >= has[0] + has[1];
  }
  return strong;
}

void keep_best(std::vector<Combination>& combinations, const std::vector<uint8_t>& strong,
               size_t most) {
  std::sort(combinations.begin(), combinations.end(),
            [](const Combination& a, const Combination& b) {
              if (a.variants.empty() != b.variants.empty()) return a.variants.empty();
              if (a.fragments != b.fragments) return a.fragments > b.fragments;
              return a.variants < b.variants;
            });
  if (combinations.size() <= most) return;
  // First the best that has each strong variant, then the best of the others.
  std::vector<uint8_t> missing = strong;
  std::vector<uint8_t> keep(combinations.size(), 0);
  keep[0] = 1;
  size_t kept = 1;
  for (size_t i = 1; i < combinations.size() && kept < most; ++i) {
    for (const uint32_t variant : combinations[i].variants) {
      if (variant >= missing.size() || !missing[variant]) continue;
      keep[i] = 1;
      missing[variant] = 0;
    }
    kept += keep[i];
  }
  for (size_t i = 1; i < combinations.size() && kept < most; ++i) {
    if (keep[i]) continue;
    keep[i] = 1;
    ++kept;
  }
  size_t place = 0;
  for (size_t i = 0; i < combinations.size(); ++i) {
    if (keep[i]) std::swap(combinations[place++], combinations[i]);
  }
  combinations.resize(place);
}

std::vector<Combination> combinations(const std::vector<Variant>& variants,
                                      const std::vector<Row>& rows, size_t most) {
  const std::vector<uint8_t> strong = strong_variants(rows, variants.size());
  std::vector<Partial> partials{{{}, std::vector<uint8_t>(rows.size(), 1), 0, true}};
  std::vector<Partial> next;
  for (size_t site = 0; site < variants.size(); ++site) {
    next.clear();
    for (const Partial& partial : partials) extend(partial, site, variants, rows, next);
    std::swap(partials, next);
    keep_best_partials(partials, strong, 2 * most);
  }
  std::vector<Combination> out;
  for (const Partial& partial : partials) out.push_back(combination_of(partial));
  add_missing(out, variants, rows, strong);
  keep_best(out, strong, most);
  return out;
}

}  // namespace schelde
