#include "align.h"

#include <algorithm>
#include <limits>

namespace schelde {
namespace {

// GATK's SmithWatermanAlignmentConstants.NEW_SW_PARAMETERS, for haplotypes against the reference.
constexpr int32_t kMatch = 200;
constexpr int32_t kMismatch = -150;
constexpr int32_t kOpen = -260;
constexpr int32_t kExtend = -11;
constexpr int32_t kNever = std::numeric_limits<int32_t>::min() / 2;

enum State : uint8_t { kAligned = 0, kDeleted = 1, kInserted = 2 };

struct Scores {
  int32_t aligned, deleted, inserted;
};

// The best state to come from; the first of equals, so that gaps lie as far left as they can.
State best_of(const Scores& from) {
  if (from.aligned >= from.deleted && from.aligned >= from.inserted) return kAligned;
  return from.deleted >= from.inserted ? kDeleted : kInserted;
}

int32_t score_of(const Scores& from, State state) {
  return state == kAligned ? from.aligned : state == kDeleted ? from.deleted : from.inserted;
}

// Global alignment with affine gaps (Gotoh), an insertion never next to a deletion. For each cell
// the states that its three come from: 2 bits, 1 bit (the gap goes on), 1 bit.
class Alignment {
 public:
  Alignment(const uint8_t* reference, size_t rows, const uint8_t* haplotype, size_t columns)
      : columns_(columns), from_((rows + 1) * (columns + 1)), scores_(columns + 1) {
    for (size_t i = 0; i <= rows; ++i) {
      Scores corner{kNever, kNever, kNever};  // of the row above, one column to the left
      for (size_t j = 0; j <= columns; ++j) {
        const Scores above = scores_[j];
        if (i == 0 && j == 0) {
          scores_[0] = {0, kNever, kNever};
        } else {
          const bool same = i > 0 && j > 0 && reference[i - 1] == haplotype[j - 1];
          scores_[j] = cell(i, j, above, corner, j > 0 ? scores_[j - 1] : above, same);
        }
        corner = above;
      }
    }
  }

  State last() const { return best_of(scores_[columns_]); }

  State before(size_t i, size_t j, State state) const {
    const uint8_t from = from_[i * (columns_ + 1) + j];
    if (state == kAligned) return static_cast<State>(from & 3);
    if (state == kDeleted) return from & 4 ? kDeleted : kAligned;
    return from & 8 ? kInserted : kAligned;
  }

 private:
  Scores cell(size_t i, size_t j, const Scores& above, const Scores& corner, const Scores& left,
              bool same) {
    Scores now{kNever, kNever, kNever};
    uint8_t from = 0;
    if (i > 0 && j > 0) {
      const State state = best_of(corner);
      now.aligned = std::max(kNever, score_of(corner, state)) + (same ? kMatch : kMismatch);
      from = state;
    }
    if (i > 0) {
      const bool on = above.deleted + kExtend > above.aligned + kOpen;
      now.deleted = on ? above.deleted + kExtend : above.aligned + kOpen;
      if (on) from |= 4;
    }
    if (j > 0) {
      const bool on = left.inserted + kExtend > left.aligned + kOpen;
      now.inserted = on ? left.inserted + kExtend : left.aligned + kOpen;
      if (on) from |= 8;
    }
    from_[i * (columns_ + 1) + j] = from;
    return now;
  }

  size_t columns_;
  std::vector<uint8_t> from_;
  std::vector<Scores> scores_;
};

// Differences of the stretches that are left when equal ends are taken off, from right to left.
std::vector<Variant> traced(const Bases& reference, size_t rows, Pos start, const Bases& haplotype,
                            size_t columns, size_t offset) {
  const uint8_t* ref = reference.data() + offset;
  const uint8_t* hap = haplotype.data() + offset;
  const Alignment alignment(ref, rows, hap, columns);
  std::vector<Variant> found;
  State state = alignment.last();
  State after = kAligned;
  for (size_t i = rows, j = columns; i > 0 || j > 0;) {
    const State before = alignment.before(i, j, state);
    const Pos pos = start + static_cast<Pos>(offset + i);
    if (state == kAligned) {
      if (ref[i - 1] != hap[j - 1]) found.push_back({pos - 1, 1, Bases(1, hap[j - 1])});
      --i, --j;
    } else if (state == kDeleted) {
      if (after != kDeleted) found.push_back({pos, 0, {}});
      --found.back().pos;
      ++found.back().removed;
      --i;
    } else {
      if (after != kInserted) found.push_back({pos, 0, {}});
      found.back().inserted.insert(found.back().inserted.begin(), hap[j - 1]);
      --j;
    }
    after = state;
    state = before;
  }
  std::reverse(found.begin(), found.end());
  return found;
}

// Differences of stretches of one length that are SNPs, if they are few: no pair of gaps, which
// costs two openings and at least one match, is better than two mismatches.
bool few_snps(const Bases& reference, Pos start, const Bases& haplotype,
              std::vector<Variant>& found) {
  if (reference.size() != haplotype.size()) return false;
  for (size_t i = 0; i < reference.size(); ++i) {
    if (reference[i] == haplotype[i]) continue;
    if (found.size() == 2) {
      found.clear();
      return false;
    }
    found.push_back({start + static_cast<Pos>(i), 1, Bases(1, haplotype[i])});
  }
  return true;
}

// Moves an indel left as long as the sequence stays the same, not as far as `least`.
void move_left(Variant& variant, const Bases& reference, Pos start, Pos least) {
  while (variant.pos > least) {
    const uint8_t before = reference[static_cast<size_t>(variant.pos - 1 - start)];
    const uint8_t last = variant.removed > 0
                             ? reference[static_cast<size_t>(variant.end() - 1 - start)]
                             : variant.inserted.back();
    if (before != last) return;
    if (variant.removed == 0) {
      variant.inserted.pop_back();
      variant.inserted.insert(variant.inserted.begin(), last);
    }
    --variant.pos;
  }
}

}  // namespace

int64_t alignment_cost(const Variant& variant) {
  if (variant.is_snp()) return kMatch - kMismatch;
  const int64_t removed = variant.removed;
  const int64_t length = removed + static_cast<int64_t>(variant.inserted.size());
  return removed * kMatch - kOpen - (length - 1) * kExtend;
}

std::vector<Variant> differences(const Bases& reference, Pos start, const Bases& haplotype) {
  std::vector<Variant> found;
  if (few_snps(reference, start, haplotype, found)) return found;
  const size_t shorter = std::min(reference.size(), haplotype.size());
  size_t head = 0, tail = 0;
  while (head < shorter && reference[head] == haplotype[head]) ++head;
  while (tail < shorter - head && reference[reference.size() - 1 - tail] ==
                                      haplotype[haplotype.size() - 1 - tail]) {
    ++tail;
  }
  found = traced(reference, reference.size() - head - tail, start, haplotype,
                 haplotype.size() - head - tail, head);
  // The base before an indel is kept: a VCF needs it.
  Pos least = start + 1;
  for (Variant& variant : found) {
    if (!variant.is_snp()) move_left(variant, reference, start, least);
    least = variant.end() + (variant.is_snp() ? 0 : 1);
  }
  return found;
}

Bases with_variants(const Bases& reference, Pos start, const std::vector<Variant>& variants) {
  Bases out;
  out.reserve(reference.size() + 16);
  size_t place = 0;
  for (const Variant& variant : variants) {
    const size_t at = static_cast<size_t>(variant.pos - start);
    out.append(reference, place, at - place);
    out += variant.inserted;
    place = at + variant.removed;
  }
  out.append(reference, place, Bases::npos);
  return out;
}

}  // namespace schelde
