// What fragments say of each variant of a window.
#include "alleles.h"

#include <algorithm>

#include "spans.h"
#include "steps.h"

namespace schelde {
namespace {

// At a position of a read: a code of a base, or one of these.
constexpr uint8_t kDeletedHere = 5;
constexpr uint8_t kBadHere = 6;
constexpr uint8_t kNothingHere = 7;

// What a read's alignment has in a stretch.
struct Shown {
  Span stretch;
  std::vector<uint8_t> at;  // for each position
  std::vector<Variant> indels;

  uint8_t here(Pos pos) const {
    if (pos < stretch.start || pos >= stretch.end) return kNothingHere;
    return at[static_cast<size_t>(pos - stretch.start)];
  }
  void set(Pos pos, uint8_t what) { at[static_cast<size_t>(pos - stretch.start)] = what; }
  bool has(Pos pos) const { return pos >= stretch.start && pos <= stretch.end; }
};

// Aligned bases from `pos`, the read's [first, last), which are usable.
void show_bases(const Chunk& chunk, const Read& read, Pos pos, uint32_t first, uint32_t last,
                const Settings& settings, Shown& shown) {
  for (uint32_t place = first; place < last; ++place, ++pos) {
    if (pos < shown.stretch.start || pos >= shown.stretch.end) continue;
    const uint8_t code = chunk.bases[read.offset + place];
    const bool good =
        code < kN && chunk.quals[read.offset + place] >= settings.least_base_quality;
    shown.set(pos, good ? code : kBadHere);
  }
}

// An indel between usable bases.
void show_indel(const Chunk& chunk, const Read& read, Pos pos, uint32_t base, const CigarOp& op,
                Shown& shown) {
  const Pos removed = op.op == 'D' ? op.length : 0;
  const Pos to = std::min(pos + removed, shown.stretch.end);
  for (Pos p = std::max(pos, shown.stretch.start); p < to; ++p) shown.set(p, kDeletedHere);
  if (!shown.has(pos) || pos + removed > chunk.reference_end()) return;
  Variant variant{pos, static_cast<uint32_t>(removed), {}};
  if (op.op == 'I') variant.inserted.assign(chunk.bases, read.offset + base, op.length);
  shown.indels.push_back(left_aligned(std::move(variant), chunk));
}

void show(const Chunk& chunk, const Read& read, const Settings& settings, Shown& shown) {
  std::fill(shown.at.begin(), shown.at.end(), kNothingHere);
  shown.indels.clear();
  const uint32_t usable_end = read.length - std::min(read.clip_end, read.length);
  Pos pos = read.start;
  uint32_t base = 0;
  for (uint32_t i = 0; i < read.operations; ++i) {
    const CigarOp& op = chunk.cigars[read.cigar + i];
    const uint32_t behind = base + (op.op == 'D' || op.op == 'N' ? 0 : op.length);
    if (op.op == 'M') {
      const uint32_t first = std::max(base, read.clip_start);
      show_bases(chunk, read, pos + static_cast<Pos>(first) - static_cast<Pos>(base), first,
                 std::min(behind, usable_end), settings, shown);
    } else if ((op.op == 'D' || op.op == 'I') && base > read.clip_start && behind < usable_end) {
      show_indel(chunk, read, pos, base, op, shown);
    }
    if (op.op == 'M' || op.op == 'D' || op.op == 'N') pos += op.length;
    base = behind;
  }
}

uint8_t allele_of(const Shown& shown, const Variant& variant, Span reach) {
  if (variant.is_snp()) {
    const uint8_t here = shown.here(variant.pos);
    if (here == kBadHere || here == kNothingHere) return kUnknownAllele;
    return here == variant.inserted[0] ? kVariantAllele : kReferenceAllele;
  }
  for (const Variant& indel : shown.indels) {
    if (indel == variant) return kVariantAllele;
  }
  const bool spans =
      shown.here(reach.start) != kNothingHere && shown.here(reach.end - 1) != kNothingHere;
  return spans ? kReferenceAllele : kUnknownAllele;
}

void add(uint8_t& allele, uint8_t other) {
  if (allele == kUnknownAllele || other == kUnknownAllele) {
    allele = std::min(allele, other);
  } else if (allele != other) {
    allele = kUnknownAllele;
  }
}

}  // namespace

std::vector<Row> rows_of(const Chunk& chunk, const std::vector<Variant>& variants,
                         const std::vector<uint32_t>& reads, const Settings& settings) {
  std::vector<Span> reaches;
  Shown shown{{variants.front().pos, variants.front().end()}, {}, {}};
  for (const Variant& variant : variants) {
    reaches.push_back(reach_of(variant, chunk));
    shown.stretch.start = std::min(shown.stretch.start, reaches.back().start);
    shown.stretch.end = std::max(shown.stretch.end, reaches.back().end);
  }
  shown.at.resize(static_cast<size_t>(shown.stretch.end - shown.stretch.start));
  std::vector<uint32_t> by_fragment = reads;
  std::sort(by_fragment.begin(), by_fragment.end(), [&](uint32_t a, uint32_t b) {
    return chunk.reads[a].fragment != chunk.reads[b].fragment
               ? chunk.reads[a].fragment < chunk.reads[b].fragment
               : a < b;
  });
  std::vector<std::vector<uint8_t>> all;
  uint32_t fragment = 0;
  for (const uint32_t place : by_fragment) {
    const Read& read = chunk.reads[place];
    show(chunk, read, settings, shown);
    if (all.empty() || read.fragment != fragment) all.emplace_back(variants.size(), kUnknownAllele);
    fragment = read.fragment;
    for (size_t i = 0; i < variants.size(); ++i) {
      add(all.back()[i], allele_of(shown, variants[i], reaches[i]));
    }
  }
  std::sort(all.begin(), all.end());
  const std::vector<uint8_t> unknown(variants.size(), kUnknownAllele);
  std::vector<Row> rows;
  for (std::vector<uint8_t>& alleles : all) {
    if (alleles == unknown) continue;
    if (rows.empty() || rows.back().alleles != alleles) rows.push_back({std::move(alleles), 0});
    ++rows.back().fragments;
  }
  return rows;
}

}  // namespace schelde
