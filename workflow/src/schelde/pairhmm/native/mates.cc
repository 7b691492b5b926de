// prepare_reads: what GATK does to reads before it assembles and compares them
// (AssemblyBasedCallerUtils.finalizeRegion, ReadClipper, FragmentUtils).
#include <algorithm>

#include "steps.h"

namespace schelde {
namespace {

// Bases [index, index + length) of a read lie on the reference from `pos` on.
struct Block {
  Pos pos;
  uint32_t index, length;
};

// Stretches from this length on are looked at for being the same bases at all.
constexpr uint32_t kLeastJudged = 8;

// The same number of bases of two mates that show the same bases of their fragment.
struct Shared {
  uint32_t a, b, length;
};

// A read is compared with so many reads of its fragment: more are not one, but names given twice.
constexpr int kMostParts = 8;

void blocks_of(const Read& read, const Chunk& chunk, std::vector<Block>& blocks) {
  blocks.clear();
  Pos pos = read.start;
  uint32_t index = 0;
  for (uint32_t i = 0; i < read.operations; i++) {
    const CigarOp& op = chunk.cigars[read.cigar + i];
    if (op.op == 'M') blocks.push_back({pos, index, op.length});
    if (op.op == 'M' || op.op == 'D' || op.op == 'N') pos += op.length;
    if (op.op != 'D' && op.op != 'N') index += op.length;
  }
}

// Takes off the bases on the other side of the fragment's end. Clipped bases count as if they were
// aligned next to the others, as in GATK, which takes back the clips first.
void clip_adaptor(Read& read, const std::vector<Block>& blocks) {
  if (read.reverse) {
    Pos to = read.adaptor - (blocks.front().pos - blocks.front().index);  // index of that base
    for (const Block& block : blocks)
      if (block.pos <= read.adaptor)
        to = block.index + std::min<Pos>(read.adaptor - block.pos, block.length - 1);
    if (to >= 0) read.clip_start = std::min(static_cast<uint32_t>(to) + 1, read.length);
    return;
  }
  Pos from = read.length;
  const Block& end = blocks.back();
  if (read.adaptor >= end.pos + end.length) {
    from = end.index + (read.adaptor - end.pos);
  } else {
    for (size_t i = blocks.size(); i-- > 0;)
      if (blocks[i].pos + blocks[i].length > read.adaptor)
        from = blocks[i].index + std::max<Pos>(read.adaptor - blocks[i].pos, 0);
  }
  if (from < read.length) read.clip_end = read.length - static_cast<uint32_t>(from);
}

// Without a known end of the fragment clipped bases may be adaptor; GATK takes them all off.
void clip_soft_clips(Read& read, const std::vector<Block>& blocks) {
  read.clip_start = blocks.front().index;
  read.clip_end = read.length - blocks.back().index - blocks.back().length;
}

// Takes off bases of at most `least` at both ends (ReadClipper.hardClipLowQualEnds).
void clip_low_quality(Read& read, const uint8_t* quals, uint8_t least) {
  uint32_t from = read.clip_start, to = read.length - read.clip_end;
  while (from < to && quals[from] <= least) from++;
  while (to > from && quals[to - 1] <= least) to--;
  read.clip_start = from;
  read.clip_end = read.length - to;
}

void clip_read(Read& read, Chunk& chunk, const std::vector<Block>& blocks,
               const Settings& settings) {
  const uint8_t* bases = &chunk.bases[read.offset];
  uint8_t* quals = &chunk.quals[read.offset];
  for (uint32_t i = 0; i < read.length; i++) quals[i] = bases[i] == kN ? 0 : quals[i];
  if (read.adaptor == kNoAdaptor) clip_soft_clips(read, blocks);
  else clip_adaptor(read, blocks);
  if (read.clip_start + read.clip_end > read.length) read.clip_end = read.length - read.clip_start;
  clip_low_quality(read, quals, settings.tail_quality);
}

// Stretches that lie at the same positions, and what is between and beyond them: as many bases in
// both (inserted or clipped) are the same bases of the fragment.
void find_shared(const std::vector<Block>& a, const std::vector<Block>& b, uint32_t a_length,
                 uint32_t b_length, std::vector<Shared>& shared) {
  shared.clear();
  uint32_t a_done = 0, b_done = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const Pos from = std::max(a[i].pos, b[j].pos);
    const Pos a_end = a[i].pos + a[i].length, b_end = b[j].pos + b[j].length;
    const Pos to = std::min(a_end, b_end);
    if (from < to) {
      const auto at_a = static_cast<uint32_t>(a[i].index + (from - a[i].pos));
      const auto at_b = static_cast<uint32_t>(b[j].index + (from - b[j].pos));
      const uint32_t before = std::min(at_a - a_done, at_b - b_done);
      if (before && (shared.empty() || at_a - a_done == at_b - b_done))
        shared.push_back({at_a - before, at_b - before, before});
      const auto length = static_cast<uint32_t>(to - from);
      shared.push_back({at_a, at_b, length});
      a_done = at_a + length;
      b_done = at_b + length;
    }
    if (a_end <= b_end) i++;
    if (b_end <= a_end) j++;
  }
  const uint32_t behind = std::min(a_length - a_done, b_length - b_done);
  if (!shared.empty() && behind) shared.push_back({a_done, b_done, behind});
}

// Whether two stretches are the same bases of the fragment. Beside a duplication or a clip that is
// not at its place they are not: then nearly all bases differ, not one in eight.
bool same_bases(const uint8_t* a, const uint8_t* b, uint32_t length) {
  uint32_t differing = 0;
  for (uint32_t i = 0; i < length; i++) differing += a[i] != b[i] && a[i] != kN && b[i] != kN;
  return differing * 8 <= length;
}

// Bases that agree have at most `highest` each, the others nothing: both mates show one molecule,
// and an error of its amplification is in both (FragmentUtils). Ns are as if they were not there.
void lower_quals(const uint8_t* a, const uint8_t* b, uint8_t* a_quals, uint8_t* b_quals,
                 uint32_t length, uint8_t highest) {
  for (uint32_t i = 0; i < length; i++) {
    const bool unread = a[i] == kN || b[i] == kN;
    const uint8_t cap = unread ? 255 : a[i] == b[i] ? highest : 0;
    a_quals[i] = std::min(a_quals[i], cap);
    b_quals[i] = std::min(b_quals[i], cap);
  }
}

void adjust_mates(const Read& a, const Read& b, Chunk& chunk, const std::vector<Shared>& shared,
                  uint8_t highest) {
  for (const Shared& stretch : shared) {
    const uint32_t skip_a = a.clip_start > stretch.a ? a.clip_start - stretch.a : 0;
    const uint32_t skip_b = b.clip_start > stretch.b ? b.clip_start - stretch.b : 0;
    const uint32_t skip = std::max(skip_a, skip_b);
    const uint32_t a_end = std::min(stretch.a + stretch.length, a.length - a.clip_end);
    const uint32_t b_end = std::min(stretch.b + stretch.length, b.length - b.clip_end);
    if (stretch.a + skip >= a_end || stretch.b + skip >= b_end) continue;
    const uint32_t at_a = a.offset + stretch.a + skip, at_b = b.offset + stretch.b + skip;
    const uint32_t length = std::min(a_end - stretch.a, b_end - stretch.b) - skip;
    if (length >= kLeastJudged && !same_bases(&chunk.bases[at_a], &chunk.bases[at_b], length))
      continue;
    lower_quals(&chunk.bases[at_a], &chunk.bases[at_b], &chunk.quals[at_a], &chunk.quals[at_b],
                length, highest);
  }
}

// All reads of a fragment that overlap: mates, and parts of a read that are aligned apart.
void adjust_fragments(Chunk& chunk, uint8_t highest) {
  constexpr uint32_t kNone = UINT32_MAX;
  const std::vector<Read>& reads = chunk.reads;
  std::vector<uint32_t> before(reads.size(), kNone);  // read of the same fragment
  std::vector<uint32_t> latest;                       // read of each fragment
  std::vector<Block> a_blocks, b_blocks;
  std::vector<Shared> shared;
  for (uint32_t b = 0; b < reads.size(); b++) {
    const uint32_t fragment = reads[b].fragment;
    if (fragment >= latest.size()) latest.resize(fragment + size_t{1}, kNone);
    before[b] = latest[fragment];
    latest[fragment] = b;
    int parts = 0;
    for (uint32_t a = before[b]; a != kNone && parts++ < kMostParts; a = before[a]) {
      if (reads[a].end <= reads[b].start) continue;
      blocks_of(reads[a], chunk, a_blocks);
      blocks_of(reads[b], chunk, b_blocks);
      find_shared(a_blocks, b_blocks, reads[a].length, reads[b].length, shared);
      adjust_mates(reads[a], reads[b], chunk, shared, highest);
    }
  }
}

}  // namespace

void prepare_reads(Chunk& chunk, const Settings& settings) {
  std::vector<Block> blocks;
  for (Read& read : chunk.reads) {
    blocks_of(read, chunk, blocks);
    clip_read(read, chunk, blocks, settings);
  }
  // A read of which nothing is left is none.
  const auto used_up = [](const Read& read) {
    return read.clip_start + read.clip_end >= read.length;
  };
  std::vector<Read>& reads = chunk.reads;
  reads.erase(std::remove_if(reads.begin(), reads.end(), used_up), reads.end());
  adjust_fragments(chunk, settings.mate_quality);
}

}  // namespace schelde
