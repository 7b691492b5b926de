// Windows become regions: the haplotypes that their reads show, and the reads.
#include <algorithm>

#include "align.h"
#include "alleles.h"
#include "assembly.h"
#include "spans.h"
#include "steps.h"

namespace schelde {
namespace {

// Reads with fewer bases in a window tell nothing (GATK's READ_LENGTH_FILTER_THRESHOLD).
constexpr uint32_t kLeastBases = 10;
// What is compared for one region at most: reads times haplotypes. Beyond, haplotypes go down to
// kFewHaplotypes, then reads are taken at equal steps.
constexpr size_t kMostPairs = 60000;
constexpr size_t kFewHaplotypes = 8;
// Reads that an assembly looks at, at equal steps if there are more.
constexpr size_t kMostAssembled = 1000;
// What an assembly sees on each side of a core (GATK's --assembly-region-padding).
constexpr Pos kAssemblyPadding = 100;

using Variants = std::vector<Variant>;

Bases reference_of(const Chunk& chunk, Span span) {
  return chunk.reference.substr(static_cast<size_t>(span.start - chunk.reference_start),
                                static_cast<size_t>(span.end - span.start));
}

template <typename Item>
void thin_out(std::vector<Item>& items, size_t most) {
  if (items.size() <= most) return;
  for (size_t i = 0; i < most; ++i) items[i] = items[i * items.size() / most];
  items.resize(most);
}

// Good bases of reads in a stretch.
std::vector<Stretch> stretches_of(const Chunk& chunk, std::vector<uint32_t> reads, Span span,
                                  const Settings& settings) {
  thin_out(reads, kMostAssembled);
  std::sort(reads.begin(), reads.end(), [&](uint32_t a, uint32_t b) {
    return chunk.reads[a].fragment != chunk.reads[b].fragment
               ? chunk.reads[a].fragment < chunk.reads[b].fragment
               : a < b;
  });
  std::vector<Stretch> stretches;
  for (const uint32_t place : reads) {
    const Read& read = chunk.reads[place];
    const BaseRange range = bases_in(chunk, read, span, 0);
    uint32_t from = range.from;
    for (uint32_t i = range.from; i <= range.to; ++i) {
      const uint32_t base = read.offset + i;
      const bool good = i < range.to && chunk.bases[base] < kN &&
                        chunk.quals[base] >= settings.least_base_quality;
      if (good) continue;
      if (i > from + settings.kmer) {
        stretches.push_back({chunk.bases.data() + read.offset + from, i - from, read.fragment});
      }
      from = i + 1;
    }
  }
  return stretches;
}

// Where a window may have variants that are not among its candidates: they begin at most half of
// the way to the windows beside it and end before those.
struct Domain {
  Pos first, last, end;
};

Domain domain_of(const Chunk& chunk, const std::vector<Window>& windows, size_t place) {
  const Window& window = windows[place];
  Domain domain{std::max(window.start, chunk.start), std::min(window.end, chunk.end),
                std::min(window.end, chunk.end)};
  if (place > 0) {
    const Pos before = std::min(windows[place - 1].core_end, window.core_start);
    domain.first = std::max(domain.first, (before + window.core_start + 1) / 2);
  }
  if (place + 1 < windows.size()) {
    const Pos after = std::max(windows[place + 1].core_start, window.core_end);
    domain.last = std::min(domain.last, (window.core_end + after + 1) / 2);
  }
  return domain;
}

bool inside(const Variant& variant, const Domain& domain) {
  const Pos first = variant.is_snp() ? variant.pos : variant.pos - 1;
  return first >= domain.first && first < domain.last && variant.end() <= domain.end;
}

// A haplotype in the making.
struct Draft {
  Variants variants;
  uint64_t fragments;
};

std::vector<Draft> assembled(const Chunk& chunk, const Window& window, const Domain& domain,
                             const std::vector<uint32_t>& reads, const Settings& settings) {
  const Pos lowest = std::max(chunk.first, chunk.reference_start);
  const Pos highest = std::min(chunk.last, chunk.reference_end());
  const Span span{std::min(window.start, std::max(lowest, window.core_start - kAssemblyPadding)),
                  std::max(window.end, std::min(highest, window.core_end + kAssemblyPadding))};
  const Bases reference = reference_of(chunk, span);
  std::vector<Draft> drafts;
  for (const Assembled& one :
       assemble(reference, stretches_of(chunk, reads, span, settings), settings)) {
    Draft draft{{}, one.fragments};
    for (Variant& variant : differences(reference, span.start, one.bases)) {
      if (inside(variant, domain)) draft.variants.push_back(std::move(variant));
    }
    if (!draft.variants.empty()) drafts.push_back(std::move(draft));
  }
  return drafts;
}

std::vector<uint32_t> places_of(const Variants& some, const Variants& all) {
  std::vector<uint32_t> places;
  for (const Variant& variant : some) {
    const auto found = std::lower_bound(all.begin(), all.end(), variant);
    places.push_back(static_cast<uint32_t>(found - all.begin()));
  }
  return places;
}

// What variants cost as an alignment by the scores of `differences`: of two ways to write a
// haplotype GATK, which aligns all of them so, takes the cheaper.
int64_t cost_of(const Haplotype& haplotype, const Variants& variants) {
  int64_t cost = 0;
  for (const uint32_t place : haplotype.variants) cost += alignment_cost(variants[place]);
  return cost;
}

// Takes out combinations that give the same bases as one with fewer variants, a better alignment or
// a better support: then the first of equals.
std::vector<Haplotype> distinct(const Bases& reference, Pos start, const Variants& variants,
                                std::vector<Combination>& combinations) {
  std::vector<Haplotype> haplotypes;
  std::vector<uint32_t> order;
  for (const Combination& combination : combinations) {
    Variants carried;
    for (const uint32_t place : combination.variants) carried.push_back(variants[place]);
    haplotypes.push_back({with_variants(reference, start, carried), combination.variants});
    order.push_back(static_cast<uint32_t>(order.size()));
  }
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const Haplotype &x = haplotypes[a], &y = haplotypes[b];
    if (x.bases != y.bases) return x.bases < y.bases;
    if (x.variants.size() != y.variants.size()) return x.variants.size() < y.variants.size();
    const int64_t cost_x = cost_of(x, variants), cost_y = cost_of(y, variants);
    if (cost_x != cost_y) return cost_x < cost_y;
    if (combinations[a].fragments != combinations[b].fragments) {
      return combinations[a].fragments > combinations[b].fragments;
    }
    return x.variants < y.variants;
  });
  std::vector<uint8_t> keep(order.size(), 0);
  for (size_t i = 0; i < order.size(); ++i) {
    keep[order[i]] = i == 0 || haplotypes[order[i]].bases != haplotypes[order[i - 1]].bases;
  }
  std::vector<Haplotype> kept;
  std::vector<Combination> of_kept;
  for (size_t i = 0; i < keep.size(); ++i) {
    if (!keep[i]) continue;
    kept.push_back(std::move(haplotypes[i]));
    of_kept.push_back(std::move(combinations[i]));
  }
  combinations = std::move(of_kept);
  return kept;
}

// Combinations of candidates and those that were assembled, over region.variants.
std::vector<Combination> combine(const Chunk& chunk, Region& region,
                                 const std::vector<Draft>& drafts,
                                 const std::vector<uint32_t>& reads, std::vector<uint8_t>& strong,
                                 const Settings& settings) {
  const Variants& known = region.window.variants;
  std::vector<Combination> out;
  for (const Draft& draft : drafts) {
    region.variants.insert(region.variants.end(), draft.variants.begin(), draft.variants.end());
  }
  std::sort(region.variants.begin(), region.variants.end());
  region.variants.erase(std::unique(region.variants.begin(), region.variants.end()),
                        region.variants.end());
  if (known.empty()) {
    out.push_back({{}, 0});
  } else {
    const std::vector<Row> rows = rows_of(chunk, known, reads, settings);
    out = combinations(known, rows, settings.most_haplotypes);
    for (Combination& one : out) {
      Variants carried;
      for (const uint32_t place : one.variants) carried.push_back(known[place]);
      one.variants = places_of(carried, region.variants);
    }
    strong = strong_variants(rows, known.size());
  }
  // What only the assembly found is as good as strong.
  std::vector<uint8_t> all_strong(region.variants.size(), 1);
  const std::vector<uint32_t> places = places_of(known, region.variants);
  for (size_t i = 0; i < known.size(); ++i) all_strong[places[i]] = strong[i];
  strong = std::move(all_strong);
  for (const Draft& draft : drafts) {
    std::vector<uint32_t> carried = places_of(draft.variants, region.variants);
    const auto same = std::find_if(out.begin(), out.end(), [&](const Combination& one) {
      return one.variants == carried;
    });
    if (same == out.end()) {
      out.push_back({std::move(carried), draft.fragments});
    } else {
      same->fragments = std::max(same->fragments, draft.fragments);
    }
  }
  return out;
}

// Leaves only variants that a haplotype has.
void drop_unused(Region& region) {
  std::vector<uint32_t> number(region.variants.size(), 0);
  for (const Haplotype& haplotype : region.haplotypes) {
    for (const uint32_t variant : haplotype.variants) number[variant] = 1;
  }
  Variants used;
  for (size_t i = 0; i < number.size(); ++i) {
    if (!number[i]) continue;
    number[i] = static_cast<uint32_t>(used.size());
    used.push_back(std::move(region.variants[i]));
  }
  for (Haplotype& haplotype : region.haplotypes) {
    for (uint32_t& variant : haplotype.variants) variant = number[variant];
  }
  region.variants = std::move(used);
}

void add_haplotypes(const Chunk& chunk, Region& region, const Domain& domain,
                    const std::vector<uint32_t>& reads, const Settings& settings) {
  const Window& window = region.window;
  const Bases reference = reference_of(chunk, {window.start, window.end});
  region.variants = window.variants;
  if (!window.assemble && window.variants.size() == 1) {
    region.haplotypes.push_back({reference, {}});
    region.haplotypes.push_back({with_variants(reference, window.start, region.variants), {0}});
    return;
  }
  std::vector<Draft> drafts;
  if (window.assemble) drafts = assembled(chunk, window, domain, reads, settings);
  std::vector<uint8_t> strong;
  std::vector<Combination> combined = combine(chunk, region, drafts, reads, strong, settings);
  distinct(reference, window.start, region.variants, combined);
  const size_t room = std::max(kFewHaplotypes, kMostPairs / std::max<size_t>(reads.size(), 1));
  keep_best(combined, strong, std::min<size_t>(settings.most_haplotypes, room));
  region.haplotypes = distinct(reference, window.start, region.variants, combined);
  drop_unused(region);
}

// Widens the core so that all variants lie inside.
void widen(Window& window, const Variants& variants) {
  for (const Variant& variant : variants) {
    window.core_start =
        std::min(window.core_start, variant.is_snp() ? variant.pos : variant.pos - 1);
    window.core_end = std::max(window.core_end, variant.end());
  }
}

void add_reads(const Chunk& chunk, Region& region, const std::vector<uint32_t>& reads) {
  const Window& window = region.window;
  Pos slack = 0;
  for (const Variant& variant : region.variants) slack = std::max<Pos>(slack, variant.removed);
  if (slack == 1) slack = 0;
  for (const uint32_t place : reads) {
    const BaseRange range =
        bases_in(chunk, chunk.reads[place], {window.start, window.end}, slack);
    if (range.to - range.from < kLeastBases) continue;
    region.reads.push_back({place, range.from, range.to});
  }
  thin_out(region.reads, std::max<size_t>(kMostPairs / region.haplotypes.size(), 1));
}

}  // namespace

std::vector<Region> build_regions(const Chunk& chunk, std::vector<Window> windows,
                                  const Settings& settings) {
  const ReadFinder finder(chunk);
  std::vector<Region> regions;
  regions.reserve(windows.size());
  std::vector<uint32_t> reads;
  for (size_t i = 0; i < windows.size(); ++i) {
    const Domain domain = domain_of(chunk, windows, i);
    Region region;
    region.window = windows[i];
    finder.overlapping({windows[i].core_start, windows[i].core_end}, reads);
    add_haplotypes(chunk, region, domain, reads, settings);
    if (region.haplotypes.size() < 2) continue;
    if (region.window.assemble) {
      widen(region.window, region.variants);
      finder.overlapping({region.window.core_start, region.window.core_end}, reads);
    }
    add_reads(chunk, region, reads);
    regions.push_back(std::move(region));
  }
  return regions;
}

}  // namespace schelde
