// Where chunks meet: at the first place that is clear of all candidates.
#include <algorithm>

#include "spans.h"
#include "steps.h"

namespace schelde {
namespace {

// What both chunks know whole: what begins further before the border than this, or ends further
// behind it, such as a long deletion, one of them may not have. A little less than the reads that
// chunks have beyond their borders (BEFORE and AFTER in spans.py).
constexpr Pos kKnownBefore = 450;
constexpr Pos kKnownBehind = 1900;

Pos clear_place(const Chunk& chunk, const std::vector<Span>& taken, Pos boundary, Pos distance) {
  Pos place = boundary;
  // `taken` is in order of starts: each span that is too near moves the place past its end.
  for (const Span& span : taken) {
    if (span.end + distance <= place || span.start < boundary - kKnownBefore ||
        span.end > boundary + kKnownBehind)
      continue;
    if (span.start - distance > place) break;
    place = span.end + distance;
  }
  const Pos latest = std::min(boundary + kCutSearch, chunk.last);
  return std::min(place, latest);
}

}  // namespace

Cut cut_of(const Chunk& chunk, const Pileup& pileup, const Settings& settings) {
  std::vector<Span> taken;
  taken.reserve(pileup.candidates.size() + pileup.breakpoints.size());
  for (const Candidate& candidate : pileup.candidates) {
    taken.push_back(reach_of(candidate.variant, chunk));
  }
  for (const Breakpoint& breakpoint : pileup.breakpoints) {
    taken.push_back({breakpoint.pos, breakpoint.pos + 1});
  }
  std::sort(taken.begin(), taken.end(), [](const Span& a, const Span& b) {
    return a.start != b.start ? a.start < b.start : a.end < b.end;
  });
  const Pos distance = 2 * settings.merge_distance;
  Cut cut{chunk.start, chunk.end};
  if (chunk.cut_start) cut.begin = clear_place(chunk, taken, chunk.start, distance);
  if (chunk.cut_end) cut.end = clear_place(chunk, taken, chunk.end, distance);
  return cut;
}

}  // namespace schelde
