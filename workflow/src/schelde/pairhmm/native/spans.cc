#include "spans.h"

#include <algorithm>

namespace schelde {
namespace {

constexpr Pos kLongestReach = 300;
constexpr Pos kWord = 12;  // one in 40,000 stretches has such a word twice by chance
constexpr Pos kUnequal = 4;  // bases between such words, as where copies differ
constexpr Pos kNearby = 200;
constexpr Pos kLongestRepeat = 150;

bool clipped(const Chunk& chunk, const Read& read) {
  const CigarOp* op = &chunk.cigars[read.cigar];
  return read.operations > 0 && (op[0].op == 'S' || op[read.operations - 1].op == 'S');
}

// Calls visit(position of the first base, place of the first base, bases, clipped?) for each run of
// bases of a read that lie side by side; inserted bases are left out.
template <typename Visit>
void for_each_run(const Chunk& chunk, const Read& read, Visit visit) {
  Pos pos = read.start;
  uint32_t base = 0;
  for (uint32_t i = 0; i < read.operations; ++i) {
    const CigarOp& op = chunk.cigars[read.cigar + i];
    const Pos length = op.length;
    if (op.op == 'M') {
      visit(pos, base, op.length, false);
      pos += length;
      base += op.length;
    } else if (op.op == 'S') {
      visit(base == 0 ? pos - length : pos, base, op.length, true);
      base += op.length;
    } else if (op.op == 'I') {
      base += op.length;
    } else {
      pos += length;
    }
  }
}

Span usable_span(const Chunk& chunk, const Read& read) {
  const uint32_t first = read.clip_start;
  const uint32_t last = read.length - std::min(read.clip_end, read.length);
  if (first >= last) return {read.start, read.start};
  if (read.operations == 1) return {read.start + first, read.start + last};
  Span span{read.end, read.start};
  for_each_run(chunk, read, [&](Pos pos, uint32_t base, uint32_t length, bool) {
    const uint32_t from = std::max(base, first);
    const uint32_t to = std::min(base + length, last);
    if (from >= to) return;
    span.start = std::min(span.start, pos + (from - base));
    span.end = std::max(span.end, pos + (to - base));
  });
  return span.start < span.end ? span : Span{read.start, read.start};
}

// For each base of a stretch whether it is in a word that is there twice.
std::vector<uint8_t> repeated_bases(const Chunk& chunk, Span stretch) {
  std::vector<std::pair<uint32_t, Pos>> words;  // two bits for each base; where it begins
  uint32_t word = 0;
  Pos known = 0;
  for (Pos pos = stretch.start; pos < stretch.end; ++pos) {
    const uint8_t base = chunk.base_at(pos);
    known = base < kN ? known + 1 : 0;
    word = (word << 2 | (base & 3)) & ((uint32_t{1} << 2 * kWord) - 1);
    if (known >= kWord) words.push_back({word, pos + 1 - kWord});
  }
  std::sort(words.begin(), words.end());
  std::vector<uint8_t> repeated(static_cast<size_t>(stretch.end - stretch.start), 0);
  for (size_t i = 0; i < words.size(); ++i) {
    const bool again = (i > 0 && words[i].first == words[i - 1].first) ||
                       (i + 1 < words.size() && words[i].first == words[i + 1].first);
    if (!again) continue;
    const auto at = repeated.begin() + (words[i].second - stretch.start);
    std::fill(at, at + kWord, 1);
  }
  return repeated;
}

}  // namespace

Span reach_of(const Variant& variant, const Chunk& chunk) {
  if (variant.is_snp()) return {variant.pos, variant.end()};
  const Pos limit = std::min(kLongestReach, chunk.reference_end() - variant.end() - 1);
  const size_t inserted = variant.inserted.size();
  Pos shift = 0;
  while (shift < limit) {
    const uint8_t here = chunk.base_at(variant.pos + shift);
    const uint8_t leaves = variant.removed > 0 ? chunk.base_at(variant.end() + shift)
                                               : variant.inserted[size_t(shift) % inserted];
    if (here != leaves) break;
    ++shift;
  }
  return {variant.pos - 1, variant.end() + shift + 1};
}

Span with_repeat(Span stretch, const Chunk& chunk) {
  const Pos lowest = std::max(stretch.start - kNearby, chunk.reference_start);
  const Pos highest = std::min(stretch.end + kNearby, chunk.reference_end());
  const std::vector<uint8_t> repeated = repeated_bases(chunk, {lowest, highest});
  const Pos first = std::max(lowest, stretch.start - kLongestRepeat);
  const Pos last = std::min(highest, stretch.end + kLongestRepeat);
  Span out = stretch;
  for (Pos pos = stretch.start - 1; pos >= first && pos >= out.start - kUnequal; --pos) {
    if (repeated[static_cast<size_t>(pos - lowest)]) out.start = pos;
  }
  for (Pos pos = stretch.end; pos < last && pos < out.end + kUnequal; ++pos) {
    if (repeated[static_cast<size_t>(pos - lowest)]) out.end = pos + 1;
  }
  return out;
}

bool in_conflict(const Variant& a, const Variant& b) {
  if (b < a) return in_conflict(b, a);
  if (a.is_snp()) return b.is_snp() ? a.pos == b.pos : b.removed > 0 && b.pos == a.pos;
  // An insertion before a base goes with a SNP of that base.
  if (b.is_snp()) return b.pos < a.end();
  return b.pos <= a.end();
}

BaseRange bases_in(const Chunk& chunk, const Read& read, Span stretch, Pos slack) {
  const uint32_t first = read.clip_start;
  const uint32_t last = read.length - std::min(read.clip_end, read.length);
  if (first >= last) return {0, 0};
  uint32_t from = last;
  uint32_t to = first;
  if (!clipped(chunk, read)) slack = 0;
  for_each_run(chunk, read, [&](Pos pos, uint32_t base, uint32_t length, bool soft) {
    const Pos margin = soft ? slack : 0;
    const Pos left = std::max<Pos>(stretch.start + margin - pos, 0);
    const Pos right = std::min<Pos>(stretch.end - margin - pos, length);
    if (left >= right) return;
    from = std::min(from, base + static_cast<uint32_t>(left));
    to = std::max(to, base + static_cast<uint32_t>(right));
  });
  from = std::max(from, first);
  to = std::min(to, last);
  return from < to ? BaseRange{from, to} : BaseRange{0, 0};
}

ReadFinder::ReadFinder(const Chunk& chunk) {
  const size_t number = chunk.reads.size();
  spans_.reserve(number);
  by_start_.reserve(number);
  for (size_t i = 0; i < number; ++i) {
    spans_.push_back(usable_span(chunk, chunk.reads[i]));
    by_start_.push_back(static_cast<uint32_t>(i));
  }
  std::sort(by_start_.begin(), by_start_.end(), [&](uint32_t a, uint32_t b) {
    return spans_[a].start != spans_[b].start ? spans_[a].start < spans_[b].start : a < b;
  });
  furthest_.reserve(number);
  for (const uint32_t read : by_start_) {
    const Pos before = furthest_.empty() ? spans_[read].end : furthest_.back();
    furthest_.push_back(std::max(before, spans_[read].end));
  }
}

void ReadFinder::overlapping(Span stretch, std::vector<uint32_t>& found) const {
  found.clear();
  const auto begin = std::upper_bound(furthest_.begin(), furthest_.end(), stretch.start);
  for (size_t i = static_cast<size_t>(begin - furthest_.begin()); i < by_start_.size(); ++i) {
    const uint32_t read = by_start_[i];
    if (spans_[read].start >= stretch.end) break;
    if (spans_[read].end > stretch.start) found.push_back(read);
  }
  std::sort(found.begin(), found.end());
}

}  // namespace schelde
