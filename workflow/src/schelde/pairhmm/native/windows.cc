// Candidates that are near one another become windows.
#include <algorithm>

#include "spans.h"
#include "steps.h"

namespace schelde {
namespace {

// Flanks of windows with indels (GATK's --indel-padding-for-genotyping) and of those that are
// assembled (GATK's --assembly-region-padding).
constexpr Pos kIndelFlank = 75;
constexpr Pos kAssemblyFlank = 100;
// The ends of a deletion or duplication that only clipped reads show are as far apart as this.
constexpr Pos kBreakpointDistance = 200;
// What is assembled takes in what is as near as this. With 100 more indels among many others were
// found, and fewer on real haplotypes.
constexpr Pos kJoined = 60;
constexpr size_t kManyCandidates = 5;
// Repeats that flanks go beyond: units of at most 8 bp (GATK's --max-str-unit-length), as long as
// reads can be of use for.
constexpr Pos kLongestUnit = 8;
constexpr Pos kLongestRepeat = 150;
constexpr Pos kUnbounded = Pos{1} << 40;

// A candidate or a breakpoint: what it changes, with the base before an indel, and where it could
// be as well. `link`: what begins near this is of the same window.
struct Item {
  Span changed, span;
  Pos link;
  const Variant* variant;  // null: a breakpoint
};

struct Cluster {
  size_t first, last;  // items
  Span core;
  bool assemble;
  bool indels;
};

// A repeat goes on across a cut, but what is in it does not.
Span within(Span repeat, Span least, const Chunk& chunk) {
  return {std::min(least.start, std::max(repeat.start, chunk.start)),
          std::max(least.end, std::min(repeat.end, chunk.end))};
}

std::vector<Item> items_of(const Chunk& chunk, const Pileup& pileup) {
  std::vector<Item> items;
  items.reserve(pileup.candidates.size() + pileup.breakpoints.size());
  for (const Candidate& candidate : pileup.candidates) {
    const Variant& variant = candidate.variant;
    const Pos first = variant.is_snp() ? variant.pos : variant.pos - 1;
    if (first < chunk.start || variant.end() > chunk.end) continue;
    const Span reach = reach_of(variant, chunk);
    const Span span = variant.is_snp() ? reach : within(with_repeat(reach, chunk), reach, chunk);
    items.push_back({{first, variant.end()}, span, span.end, &variant});
  }
  for (size_t i = 0; i < pileup.breakpoints.size(); ++i) {
    const Pos pos = pileup.breakpoints[i].pos;
    if (pos < chunk.start || pos >= chunk.end) continue;
    const Span place{pos - 1, pos + 1};
    const Span span = within(with_repeat(place, chunk), place, chunk);
    Pos link = span.end;
    if (i + 1 < pileup.breakpoints.size()) {
      const Pos next = pileup.breakpoints[i + 1].pos;
      if (next - pos <= kBreakpointDistance && next < chunk.end) link = std::max(link, next);
    }
    items.push_back({place, span, link, nullptr});
  }
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return a.span.start != b.span.start ? a.span.start < b.span.start : a.span.end < b.span.end;
  });
  return items;
}

bool needs_assembly(const std::vector<Item>& items, size_t first, size_t last) {
  size_t variants = 0;
  Pos indels_end = -1;
  for (size_t i = first; i < last; ++i) {
    if (!items[i].variant) return true;
    ++variants;
    const Variant& variant = *items[i].variant;
    // Where an indel can be written beside another difference, or on either side of it, its place
    // in each read depends on what else the read shows.
    if (items[i].span.start < indels_end) return true;
    if (variant.is_snp()) continue;
    if (variant.removed >= kLongIndel || variant.inserted.size() >= kLongIndel) return true;
    indels_end = std::max(indels_end, items[i].span.end);
  }
  return variants > kManyCandidates;
}

// `core`: what the items lie in, as far as it is this cluster's.
Cluster cluster_of(const std::vector<Item>& items, size_t first, size_t last, Span core) {
  Cluster cluster{first, last, core, needs_assembly(items, first, last), false};
  for (size_t i = first; i < last; ++i) {
    cluster.indels = cluster.indels || !items[i].variant || !items[i].variant->is_snp();
  }
  return cluster;
}

// A place to cut items at: before item `item`, at `pos`. Without one, `item` is 0.
struct Knife {
  size_t item;
  Pos pos, gap;
};

// The widest gap between the spans of items [first, last). Where all overlap, the place where they
// overlap least, but not through a variant itself.
Knife widest_gap(const std::vector<Item>& items, size_t first, size_t last) {
  std::vector<Pos> next(last - first);  // first position that this or a later item changes
  Pos lowest = kUnbounded;
  for (size_t i = last; i-- > first;) {
    lowest = std::min(lowest, items[i].changed.start);
    next[i - first] = lowest;
  }
  Knife best{0, 0, -kUnbounded};
  Pos end = items[first].span.end;
  Pos changed_end = items[first].changed.end;
  for (size_t i = first + 1; i < last; ++i) {
    const Pos gap = items[i].span.start - end;
    if (gap > best.gap && changed_end <= next[i - first]) {
      best = {i, gap > 0 ? items[i].span.start : next[i - first], gap};
    }
    end = std::max(end, items[i].span.end);
    changed_end = std::max(changed_end, items[i].changed.end);
  }
  return best;
}

// Cuts items [first, last), as far as they lie in `room`, until no core is too long. Items that
// overlap are cut apart only from twice that length on.
void split(const std::vector<Item>& items, size_t first, size_t last, Span room, Pos longest,
           std::vector<Cluster>& clusters) {
  Span core = items[first].span;
  for (size_t i = first; i < last; ++i) core.end = std::max(core.end, items[i].span.end);
  core = {std::max(core.start, room.start), std::min(core.end, room.end)};
  const Pos length = core.end - core.start;
  const Knife knife = length > longest ? widest_gap(items, first, last) : Knife{0, 0, 0};
  if (knife.item == 0 || (knife.gap <= 0 && length <= 2 * longest)) {
    clusters.push_back(cluster_of(items, first, last, core));
    return;
  }
  split(items, first, knife.item, {room.start, knife.pos}, longest, clusters);
  split(items, knife.item, last, {knife.pos, room.end}, longest, clusters);
}

std::vector<Cluster> clusters_of(const std::vector<Item>& items, const Settings& settings) {
  std::vector<Cluster> clusters;
  size_t first = 0;
  Pos link = 0;
  for (size_t i = 0; i <= items.size(); ++i) {
    const bool joins = i < items.size() && i > first &&
                       items[i].span.start - link <= settings.merge_distance;
    if (i > first && !joins) {
      split(items, first, i, {-kUnbounded, kUnbounded}, settings.longest_core, clusters);
      first = i;
    }
    if (i == items.size()) break;
    link = first == i ? items[i].link : std::max(link, items[i].link);
  }
  return clusters;
}

// Joins what is assembled with neighbours: reads that are aligned wrongly there show
// them in part, and a graph needs clear stretches at its ends.
std::vector<Cluster> joined(const std::vector<Item>& items, const std::vector<Cluster>& clusters,
                            const Settings& settings) {
  std::vector<Cluster> out;
  for (const Cluster& cluster : clusters) {
    if (!out.empty()) {
      const Cluster& before = out.back();
      if ((before.assemble || cluster.assemble) &&
          cluster.core.start - before.core.end <= kJoined &&
          cluster.core.end - before.core.start <= settings.longest_core) {
        out.back() = cluster_of(items, before.first, cluster.last,
                                {before.core.start, std::max(before.core.end, cluster.core.end)});
        out.back().assemble = true;
        continue;
      }
    }
    out.push_back(cluster);
  }
  return out;
}

// How far a repeat of a short unit, two copies at least, goes on from an edge; `step` is the
// direction.
Pos repeat_beyond(const Chunk& chunk, Pos edge, Pos step) {
  Pos longest = 0;
  for (Pos unit = 1; unit <= kLongestUnit; ++unit) {
    Pos same = 0;
    for (Pos pos = edge; same < kLongestRepeat; pos += step, ++same) {
      const Pos next = pos + step * unit;
      if (std::min(pos, next) < chunk.reference_start) break;
      if (std::max(pos, next) >= chunk.reference_end()) break;
      if (chunk.base_at(pos) != chunk.base_at(next)) break;
    }
    if (same >= unit) longest = std::max(longest, same + unit);
  }
  return longest;
}

int copies_at(const Chunk& chunk, Span core) {
  const Pos from = std::max(core.start, chunk.start);
  const Pos to = std::min(core.end, chunk.end);
  const auto first = std::partition_point(
      chunk.intervals.begin(), chunk.intervals.end(),
      [from](const Interval& interval) { return interval.end <= from; });
  return first != chunk.intervals.end() && first->start < to ? first->copies : 0;
}

// `room`: what lies between the windows beside it.
Window window_of(const Chunk& chunk, const std::vector<Item>& items, const Cluster& cluster,
                 Span room, const Settings& settings) {
  Window window;
  window.core_start = std::max(cluster.core.start, room.start);
  window.core_end = std::min(cluster.core.end, chunk.last);
  const Pos flank = std::max(
      settings.flank, cluster.assemble ? kAssemblyFlank : cluster.indels ? kIndelFlank : 0);
  const Pos left = flank + repeat_beyond(chunk, window.core_start - 1, -1);
  const Pos right = flank + repeat_beyond(chunk, window.core_end, 1);
  window.start = std::max(room.start, window.core_start - left);
  window.end = std::min(std::max(room.end, window.core_end), window.core_end + right);
  window.assemble = cluster.assemble;
  window.copies = copies_at(chunk, cluster.core);
  for (size_t i = cluster.first; i < cluster.last; ++i) {
    if (items[i].variant) window.variants.push_back(*items[i].variant);
  }
  std::sort(window.variants.begin(), window.variants.end());
  return window;
}

}  // namespace

std::vector<Window> make_windows(const Chunk& chunk, const Pileup& pileup,
                                 const Settings& settings) {
  const std::vector<Item> items = items_of(chunk, pileup);
  const std::vector<Cluster> clusters = joined(items, clusters_of(items, settings), settings);
  std::vector<Window> windows;
  windows.reserve(clusters.size());
  for (size_t i = 0; i < clusters.size(); ++i) {
    // A neighbour's differences would count against all haplotypes of this window.
    Span room{chunk.first, chunk.last};
    if (i > 0) room.start = std::max(room.start, clusters[i - 1].core.end);
    if (i + 1 < clusters.size()) room.end = std::min(room.end, clusters[i + 1].core.start);
    Window window = window_of(chunk, items, clusters[i], room, settings);
    if (window.copies > 0) windows.push_back(std::move(window));
  }
  return windows;
}

}  // namespace schelde
