// Places where reads are clipped for a reason.
//
// A clip counts if at least four of its bases are good, as a shorter one fits by chance. Clips from
// errors, chimeras and wrong mates show other bases each, hence two fragments must agree: clipped
// on the same side, within a few bp, with the same bases behind the place. And what candidates
// explain is no news: at the end of a read an aligner clips also where others show the indel.
#include <algorithm>

#include "evidence.h"

namespace schelde {
namespace {

// GATK takes clips with good bases as signs of activity (ReferenceConfidenceModel,
// HQ_BASE_QUALITY_SOFTCLIP_THRESHOLD = 28). Here 20, as the bases of both mates have no more.
constexpr uint8_t kGoodQuality = 20;
constexpr Pos kGoodBases = 4;
// Errors near a place move an aligner's clip by so much.
constexpr Pos kSamePlace = 3;
// Clipped bases that are compared: enough to be sure, few enough not to meet the next variant.
constexpr Pos kCompared = 20;
// At most one in so many compared bases may differ.
constexpr Pos kDiffering = 8;
// At most so many clips of one place are compared with the others, however many there are.
constexpr size_t kMostSeeds = 16;
// A candidate so far before the place may explain it: repeats are about as long.
constexpr Pos kExplaining = 100;

// A clip. Its bases go away from the place: base k is the k-th clipped one.
struct Clip {
  Pos pos;     // first position behind the aligned bases, or first aligned position
  bool right;  // at the right end of the aligned bases
  uint32_t read, fragment;
  uint32_t first;   // place of base 0 in Chunk::bases
  Pos length;       // usable bases
  Pos aligned;      // bases next to it that are aligned without indel

  uint32_t at(Pos k) const { return static_cast<uint32_t>(right ? first + k : first - k); }
};

bool before(const Clip& a, const Clip& b) {
  if (a.right != b.right) return a.right < b.right;
  return a.pos != b.pos ? a.pos < b.pos : a.read < b.read;
}

bool enough(Pos compared, Pos differing) {
  return compared - differing >= kGoodBases && differing * kDiffering <= compared;
}

// Nothing can be built where the contig ends, or where its bases are not known.
void add_clip(const Chunk& chunk, const Clip& clip, std::vector<Clip>& clips) {
  const Pos next = clip.right ? clip.pos : clip.pos - 1;
  if (clip.pos < chunk.first || clip.pos >= chunk.last || next < chunk.reference_start ||
      chunk.base_at(next) == kN)
    return;
  Pos good = 0;
  for (Pos k = 0; k < clip.length; k++) good += chunk.quals[clip.at(k)] >= kGoodQuality;
  if (good >= kGoodBases) clips.push_back(clip);
}

// The clip as an aligner makes it: behind the bases that are those of the reference anyway.
Clip shortened(const Chunk& chunk, Clip clip) {
  const Pos step = clip.right ? 1 : -1;
  while (clip.length > 1) {
    const Pos next = clip.right ? clip.pos : clip.pos - 1;
    if (next < chunk.reference_start || next >= chunk.reference_end() ||
        chunk.base_at(next) != chunk.bases[clip.first])
      break;
    clip.pos += step;
    clip.first = clip.at(1);
    clip.length--;
    clip.aligned++;
  }
  return clip;
}

// Both ends of a long indel as if the read had been clipped there: another read that reaches less far
// is, and one indel alone is no candidate.
void add_long_indels(const Chunk& chunk, uint32_t number, std::vector<Clip>& clips) {
  const Read& read = chunk.reads[number];
  const Usable bases = usable(read);
  const CigarOp* cigar = &chunk.cigars[read.cigar];
  uint32_t base = 0;
  Pos pos = read.start;
  for (uint32_t i = 0; i < read.operations; i++) {
    const CigarOp& one = cigar[i];
    const uint32_t next_base = base + (one.op == 'D' || one.op == 'N' ? 0 : one.length);
    const Pos next_pos = pos + (one.op == 'M' || one.op == 'D' || one.op == 'N' ? one.length : 0);
    const bool indel = (one.op == 'I' || one.op == 'D') && one.length >= kLongIndel;
    if (indel && cigar[i - 1].op == 'M' && cigar[i + 1].op == 'M' && bases.from < base &&
        next_base < bases.to) {
      const Clip right{pos, true, number, read.fragment, read.offset + base, bases.to - base,
                       cigar[i - 1].length};
      const Clip left{next_pos, false, number, read.fragment, read.offset + next_base - 1,
                      next_base - bases.from, cigar[i + 1].length};
      add_clip(chunk, shortened(chunk, right), clips);
      add_clip(chunk, shortened(chunk, left), clips);
    }
    base = next_base;
    pos = next_pos;
  }
}

std::vector<Clip> clips_of(const Chunk& chunk) {
  std::vector<Clip> clips;
  for (uint32_t i = 0; i < chunk.reads.size(); i++) {
    const Read& read = chunk.reads[i];
    const Usable bases = usable(read);
    const CigarOp* cigar = &chunk.cigars[read.cigar];
    add_long_indels(chunk, i, clips);
    const CigarOp& front = cigar[0];
    const CigarOp& back = cigar[read.operations - 1];
    if (front.op == 'S' && bases.from < front.length && front.length < bases.to &&
        cigar[1].op == 'M')
      add_clip(chunk,
               {read.start, false, i, read.fragment, read.offset + front.length - 1,
                front.length - bases.from, cigar[1].length},
               clips);
    const uint32_t aligned_to = read.length - back.length;
    if (back.op == 'S' && bases.from < aligned_to && aligned_to < bases.to &&
        cigar[read.operations - 2].op == 'M')
      add_clip(chunk,
               {read.end, true, i, read.fragment, read.offset + aligned_to, bases.to - aligned_to,
                cigar[read.operations - 2].length},
               clips);
  }
  std::sort(clips.begin(), clips.end(), before);
  return clips;
}

// Whether two clips of the same side show the same bases, laid one upon the other by the bases next
// to them that are aligned.
bool agree(const Clip& a, const Clip& b, const Chunk& chunk) {
  const Pos apart = a.right ? b.pos - a.pos : a.pos - b.pos;  // b's place is so far along a
  const Pos skip_a = std::max<Pos>(apart, 0), skip_b = std::max<Pos>(-apart, 0);
  const Pos length = std::min({a.length - skip_a, b.length - skip_b, kCompared});
  Pos differing = 0;
  for (Pos k = 0; k < length; k++)
    differing += chunk.bases[a.at(skip_a + k)] != chunk.bases[b.at(skip_b + k)];
  return enough(length, differing);
}

// Whether the clipped bases are those of the reference with one candidate indel, or without but
// with candidates among the SNPs.
class Explanation {
 public:
  Explanation(const Chunk& chunk, const std::vector<Candidate>& candidates)
      : chunk_(chunk), candidates_(candidates) {}

  bool explains(const Clip& clip) const {
    if (fits(clip, nullptr)) return true;
    const Pos from = clip.pos - kExplaining, to = clip.pos + kExplaining;
    for (auto it = first_from(from); it != candidates_.end() && it->variant.pos <= to; ++it)
      if (!it->variant.is_snp() && fits(clip, &it->variant)) return true;
    return false;
  }

 private:
  std::vector<Candidate>::const_iterator first_from(Pos pos) const {
    return std::lower_bound(candidates_.begin(), candidates_.end(), pos,
                            [](const Candidate& a, Pos b) { return a.variant.pos < b; });
  }

  bool is_snp(Pos pos, uint8_t base) const {
    for (auto it = first_from(pos); it != candidates_.end() && it->variant.pos == pos; ++it)
      if (it->variant.is_snp() && it->variant.inserted[0] == base) return true;
    return false;
  }

  // Base of the clip's k-th place if the bases aligned next to it are right and the indel is there;
  // `pos`: its position on the reference, -1 for an inserted base.
  uint8_t expected(const Clip& clip, Pos k, const Variant* indel, Pos& pos) const {
    pos = clip.right ? clip.pos + k : clip.pos - 1 - k;
    if (indel) {
      const Pos inserted = static_cast<Pos>(indel->inserted.size());
      // How far behind the indel's near end the base is, seen from the aligned bases.
      const Pos behind = clip.right ? pos - indel->pos : indel->end() - 1 - pos;
      if (behind >= 0 && behind < inserted) {
        pos = -1;
        return indel->inserted[static_cast<size_t>(clip.right ? behind : inserted - 1 - behind)];
      }
      const Pos shift = static_cast<Pos>(indel->removed) - inserted;
      if (behind >= 0) pos += clip.right ? shift : -shift;
    }
    return pos >= chunk_.reference_start && pos < chunk_.reference_end() ? chunk_.base_at(pos) : kN;
  }

  // From the indel's place on (at most all of the aligned bases next to the clip) to the end of the
  // clip.
  bool fits(const Clip& clip, const Variant* indel) const {
    Pos from = 0;
    if (indel) {
      const Pos near = clip.right ? indel->pos - clip.pos : clip.pos - indel->end();
      from = std::min<Pos>(near, 0);
      if (from <= -clip.aligned || near >= clip.length) return false;
    }
    const Pos to = std::min(clip.length, kCompared);
    Pos differing = 0;
    for (Pos k = from; k < to; k++) {
      const uint8_t base = chunk_.bases[clip.at(k)];
      Pos pos;
      if (base != expected(clip, k, indel, pos) && !(pos >= 0 && is_snp(pos, base))) differing++;
    }
    return enough(to - from, differing);
  }

  const Chunk& chunk_;
  const std::vector<Candidate>& candidates_;
};

uint32_t fragments_of(std::vector<uint32_t>& fragments) {
  std::sort(fragments.begin(), fragments.end());
  const auto end = std::unique(fragments.begin(), fragments.end());
  return static_cast<uint32_t>(end - fragments.begin());
}

// Clips that agree with the first not used one become a breakpoint at its place, which is that of
// the leftmost of them.
void add_breakpoints(const Chunk& chunk, const std::vector<Clip>& clips,
                     const std::vector<uint16_t>& depth, const Settings& settings,
                     std::vector<Breakpoint>& breakpoints) {
  std::vector<bool> used(clips.size(), false);
  std::vector<uint32_t> fragments;
  size_t seeds = 0;
  for (size_t i = 0; i < clips.size(); i++) {
    const Clip& clip = clips[i];
    if (!i || clips[i - 1].pos != clip.pos || clips[i - 1].right != clip.right) seeds = 0;
    if (used[i] || seeds++ >= kMostSeeds) continue;
    fragments.assign(1, clip.fragment);
    for (size_t j = i + 1; j < clips.size() && clips[j].right == clip.right &&
                           clips[j].pos - clip.pos <= kSamePlace; j++) {
      if (used[j] || !agree(clip, clips[j], chunk)) continue;
      used[j] = true;
      fragments.push_back(clips[j].fragment);
    }
    const uint32_t number = fragments_of(fragments);
    const uint16_t there = depth[static_cast<size_t>(clip.pos - chunk.first)];
    if (number >= settings.least_reads && number >= settings.least_fraction * there)
      breakpoints.push_back({clip.pos, number});
  }
}

}  // namespace

std::vector<Breakpoint> breakpoints_of(const Chunk& chunk, const std::vector<Candidate>& candidates,
                                       const std::vector<uint16_t>& depth,
                                       const Settings& settings) {
  std::vector<Clip> clips = clips_of(chunk);
  const Explanation explanation(chunk, candidates);
  clips.erase(std::remove_if(clips.begin(), clips.end(),
                             [&](const Clip& clip) { return explanation.explains(clip); }),
              clips.end());
  std::vector<Breakpoint> found, breakpoints;
  add_breakpoints(chunk, clips, depth, settings, found);
  std::sort(found.begin(), found.end(), [](const Breakpoint& a, const Breakpoint& b) {
    return a.pos != b.pos ? a.pos < b.pos : a.reads < b.reads;
  });
  for (const Breakpoint& one : found) {
    if (!breakpoints.empty() && breakpoints.back().pos == one.pos)
      breakpoints.back().reads += one.reads;
    else
      breakpoints.push_back(one);
  }
  return breakpoints;
}

}  // namespace schelde
