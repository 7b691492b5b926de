// Variants that the alignments show.
#include <algorithm>
#include <tuple>

#include "evidence.h"
#include "steps.h"

namespace schelde {
namespace {

// Inserted bases of which one may be wrong.
constexpr size_t kBasesForError = 8;
// bp of a deletion. In a longer one lie so many reads more than end at it that it is not called,
// and the work for its window grows with the square of its length.
constexpr uint32_t kLongestDeletion = 1000;

// The lowest numbers of fragments that make a candidate, and the depth that they are compared with.
struct Threshold {
  const Chunk& chunk;
  const std::vector<uint16_t>& depth;
  const Settings& settings;

  // Appends the variant if enough fragments show it.
  void add(const Variant& variant, uint32_t fragments, std::vector<Candidate>& candidates) const {
    if (fragments < settings.least_reads) return;
    // An indel's reads have the base before it.
    const Pos anchor = variant.is_snp() ? variant.pos : std::max(variant.pos - 1, chunk.first);
    const uint32_t there =
        std::max<uint32_t>(depth[static_cast<size_t>(anchor - chunk.first)], fragments);
    if (fragments >= settings.least_fraction * there)
      candidates.push_back({variant, fragments, there});
  }
};

void add_snps(std::vector<BaseEvent>& events, const Threshold& threshold,
              std::vector<Candidate>& candidates) {
  std::sort(events.begin(), events.end());
  events.erase(std::unique(events.begin(), events.end()), events.end());
  for (size_t i = 0; i < events.size();) {
    const uint64_t place_and_base = events[i] >> kFragmentBits;
    size_t end = i + 1;
    while (end < events.size() && events[end] >> kFragmentBits == place_and_base) end++;
    const Pos pos = threshold.chunk.first + static_cast<Pos>(place_and_base >> kBaseBits);
    const auto base = static_cast<uint8_t>(place_and_base & ((1 << kBaseBits) - 1));
    if (end - i >= threshold.settings.least_reads)
      threshold.add({pos, 1, Bases(1, base)}, static_cast<uint32_t>(end - i), candidates);
    i = end;
  }
}

// A variant and how many fragments show it; `exactly` so, and with which lowest base quality of the
// best of them; the others with errors.
struct Counted {
  Variant variant;
  uint32_t fragments, exactly;
  uint8_t quality;
};

std::vector<Counted> counted(std::vector<IndelEvent>& events) {
  const auto same = [](const IndelEvent& a, const IndelEvent& b) {
    return a.fragment == b.fragment && a.variant == b.variant;
  };
  std::sort(events.begin(), events.end(), [](const IndelEvent& a, const IndelEvent& b) {
    return a.variant == b.variant ? a.fragment < b.fragment : a.variant < b.variant;
  });
  events.erase(std::unique(events.begin(), events.end(), same), events.end());
  std::vector<Counted> variants;
  for (const IndelEvent& event : events) {
    if (variants.empty() || !(variants.back().variant == event.variant))
      variants.push_back({event.variant, 0, 0, 0});
    Counted& last = variants.back();
    last.fragments = ++last.exactly;
    last.quality = std::max(last.quality, event.quality);
  }
  return variants;
}

// Whether one of two insertions may be the other with errors of sequencing.
bool alike(const Variant& a, const Variant& b) {
  if (a.pos != b.pos || a.removed || b.removed || a.inserted.size() != b.inserted.size())
    return false;
  size_t differing = 0;
  for (size_t i = 0; i < a.inserted.size(); i++) differing += a.inserted[i] != b.inserted[i];
  return differing <= a.inserted.size() / kBasesForError;
}

// An insertion that too few fragments show is one with errors of another, which is the most
// frequent, of as many the best: else a long one that is nowhere read twice without errors would be
// no candidate. Two that are both seen often enough are two alleles.
void fold_errors(std::vector<Counted>& variants, uint32_t least) {
  for (size_t i = 0; i < variants.size(); i++) {
    Counted& one = variants[i];
    if (!one.fragments || one.variant.inserted.size() < kBasesForError) continue;
    for (size_t j = i + 1; j < variants.size() && variants[j].variant.pos == one.variant.pos; j++) {
      Counted& other = variants[j];
      if (!other.fragments || std::min(one.exactly, other.exactly) >= least) continue;
      if (!alike(one.variant, other.variant)) continue;
      if (std::tie(one.exactly, one.quality) < std::tie(other.exactly, other.quality)) {
        std::swap(one.variant.inserted, other.variant.inserted);
        one.exactly = other.exactly;
        one.quality = other.quality;
      }
      one.fragments += other.fragments;
      other.fragments = 0;
    }
  }
}

}  // namespace

Variant left_aligned(Variant variant, const Chunk& chunk) {
  const bool insertion = variant.removed == 0 && !variant.inserted.empty();
  const bool deletion = variant.removed > 0 && variant.inserted.empty();
  if (!insertion && !deletion) return variant;
  const size_t size = variant.inserted.size();
  size_t shift = 0;
  for (Pos pos = variant.pos; pos > chunk.reference_start; pos--, shift++) {
    const uint8_t before = chunk.base_at(pos - 1);
    const uint8_t last = deletion ? chunk.base_at(pos - 1 + variant.removed)
                                  : variant.inserted[size - 1 - shift % size];
    if (before != last || before == kN) break;
  }
  variant.pos -= static_cast<Pos>(shift);
  if (insertion) {
    // What was last stands first: the bases are turned round as often as they were passed.
    const auto first = static_cast<std::ptrdiff_t>((size - shift % size) % size);
    std::rotate(variant.inserted.begin(), variant.inserted.begin() + first,
                variant.inserted.end());
  }
  return variant;
}

void add_indels(const Read& read, const Chunk& chunk, std::vector<IndelEvent>& events) {
  const Usable bases = usable(read);
  Pos pos = read.start;
  uint32_t index = 0;
  for (uint32_t i = 0; i < read.operations; i++) {
    const CigarOp& op = chunk.cigars[read.cigar + i];
    const uint32_t behind = op.op == 'I' ? index + op.length : index;
    const bool looked_at = op.op == 'I' || (op.op == 'D' && op.length <= kLongestDeletion);
    if (looked_at && bases.from < index && behind < bases.to) {
      Variant variant{pos, op.op == 'D' ? op.length : 0, {}};
      uint8_t quality = 0;
      if (op.op == 'I') {
        variant.inserted = chunk.bases.substr(read.offset + index, op.length);
        const uint8_t* quals = &chunk.quals[read.offset + index];
        quality = *std::min_element(quals, quals + op.length);
      }
      const bool known = pos > chunk.reference_start && variant.end() <= chunk.reference_end();
      if (known && variant.inserted.find(kN) == Bases::npos) {
        variant = left_aligned(std::move(variant), chunk);
        if (variant.pos >= chunk.first && variant.end() <= chunk.last)
          events.push_back({std::move(variant), read.fragment, quality});
      }
    }
    if (op.op == 'M' || op.op == 'D' || op.op == 'N') pos += op.length;
    if (op.op != 'D' && op.op != 'N') index += op.length;
  }
}

std::vector<uint16_t> overlaps_of(const Chunk& chunk) {
  std::vector<int32_t> changes(static_cast<size_t>(chunk.last - chunk.first) + 1, 0);
  std::vector<Pos> reached;  // end of each fragment's reads so far
  for (const Read& read : chunk.reads) {
    if (read.fragment >= reached.size()) reached.resize(read.fragment + size_t{1}, chunk.first);
    Pos& end = reached[read.fragment];
    const Pos from = std::max(read.start, chunk.first), to = std::min({read.end, end, chunk.last});
    if (from < to) {
      changes[static_cast<size_t>(from - chunk.first)]++;
      changes[static_cast<size_t>(to - chunk.first)]--;
    }
    end = std::max(end, read.end);
  }
  std::vector<uint16_t> overlaps(changes.size() - 1);
  int32_t now = 0;
  for (size_t i = 0; i < overlaps.size(); i++) {
    now += changes[i];
    overlaps[i] = static_cast<uint16_t>(std::min<int32_t>(now, UINT16_MAX));
  }
  return overlaps;
}

std::vector<Candidate> candidates_of(const Chunk& chunk, std::vector<BaseEvent>& bases,
                                     std::vector<IndelEvent>& indels,
                                     const std::vector<uint16_t>& depth,
                                     const Settings& settings) {
  const Threshold threshold{chunk, depth, settings};
  std::vector<Candidate> candidates;
  add_snps(bases, threshold, candidates);
  std::vector<Counted> variants = counted(indels);
  fold_errors(variants, settings.least_reads);
  for (const Counted& one : variants) threshold.add(one.variant, one.fragments, candidates);
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.variant < b.variant; });
  return candidates;
}

}  // namespace schelde
