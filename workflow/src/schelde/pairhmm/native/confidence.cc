// indel_reads_of: reads that could show an indel, after GATK's
// ReferenceConfidenceModel.calcNIndelInformativeReads: a read says that there is no indel at a
// position if no indel of up to 10 bp placed there makes the rest of the read fit as well.
//
// The rest of a read that fits the reference, n bases from position p on, fits just as well with
// k bases inserted at p if the n - k bases behind them lie as well on p: if the reference from p on
// and from p + k on are the same for n - k bases (`alike`). It fits with k bases deleted if they
// are for n bases, which is more. So the read is informative if n > k + alike(p, k) for all k: from
// need(p) = 1 + max over k of (k + alike(p, k)) bases on, whatever the read.
#include <algorithm>

#include "evidence.h"

namespace schelde {
namespace {

// First position behind what a read must have aligned to be informative at each position, counted
// from `first` on. Bases that are not known are like all others.
std::vector<int32_t> reach_of(const Chunk& chunk, int64_t longest) {
  const Pos size = chunk.reference_end() - chunk.first;
  const uint8_t* reference = chunk.reference.data() + (chunk.first - chunk.reference_start);
  constexpr int32_t kNever = 1 << 30;  // the reference ends: GATK takes what is beyond as alike
  std::vector<int32_t> need(static_cast<size_t>(chunk.last - chunk.first), 0);
  for (Pos shift = 1; shift <= longest; shift++) {
    int32_t alike = kNever;
    for (Pos place = size - shift - 1; place >= 0; place--) {
      const uint8_t one = reference[place], other = reference[place + shift];
      alike = one == other || one == kN || other == kN ? std::min(alike + 1, kNever) : 0;
      if (place < chunk.last - chunk.first) {
        int32_t& least = need[static_cast<size_t>(place)];
        least = std::max(least, alike + static_cast<int32_t>(shift) + 1);
      }
    }
    for (Pos place = std::max<Pos>(size - shift, 0); place < chunk.last - chunk.first; place++)
      need[static_cast<size_t>(place)] = kNever;
  }
  for (size_t i = 0; i < need.size(); i++) need[i] += static_cast<int32_t>(i);
  return need;
}

// Mismatches at a read's end may be an indel that the aligner did not take: as long as there is one
// among the last `longest` bases, the read counts as far as before it only. Returns how many of the
// `length` bases are left.
Pos trusted(const uint8_t* bases, const uint8_t* reference, Pos length, int64_t longest) {
  for (Pos i = length; i-- > std::max<Pos>(length - longest, 0);)
    if (bases[i] != reference[i]) length = i;
  return length;
}

// A stretch of positions, counted from chunk.first on.
struct Run {
  Pos from, to;
};

// Positions at which a read has a usable base, without those before an indel; `end`: behind the
// last base of the read that is to be trusted.
void runs_of(const Read& read, const Chunk& chunk, int64_t longest_indel, std::vector<Run>& runs,
             Pos& end) {
  const Usable bases = usable(read);
  Pos pos = read.start, index = 0;
  runs.clear();
  for (uint32_t i = 0; i < read.operations; i++) {
    const Pos length = chunk.cigars[read.cigar + i].length;
    const char op = chunk.cigars[read.cigar + i].op;
    if ((op == 'I' || op == 'D') && !runs.empty() && runs.back().to == pos - chunk.first)
      runs.back().to--;
    if (op == 'N') runs.clear();  // a spliced read speaks for its last part only
    const Pos from = std::max({bases.from - index, chunk.first - pos, Pos{0}});
    const Pos to = std::min({length, bases.to - index, chunk.reference_end() - pos});
    if (op == 'M' && from < to) {
      const Pos place = pos + from - chunk.first;
      runs.push_back({place, place + to - from});
      end = place + trusted(chunk.bases.data() + read.offset + index + from,
                            chunk.reference.data() + (pos + from - chunk.reference_start),
                            to - from, longest_indel);
    }
    if (op == 'M' || op == 'D' || op == 'N') pos += length;
    if (op != 'D' && op != 'N') index += length;
  }
}

}  // namespace

std::vector<uint16_t> indel_reads_of(const Chunk& chunk, const Settings& settings) {
  const std::vector<int32_t> reach = reach_of(chunk, settings.longest_indel);
  std::vector<int32_t> counts(reach.size(), 0);
  const Pos last = chunk.last - chunk.first;
  std::vector<Run> runs;
  for (const Read& read : chunk.reads) {
    Pos end = 0;
    runs_of(read, chunk, settings.longest_indel, runs, end);
    const auto reached = static_cast<int32_t>(end);
    for (const Run& run : runs) {
      const Pos to = std::min({run.to, end, last});
      for (Pos i = run.from; i < to; i++) counts[i] += reach[i] <= reached;
    }
  }
  std::vector<uint16_t> reads(counts.size());
  for (size_t i = 0; i < counts.size(); i++)
    reads[i] = static_cast<uint16_t>(std::min<int32_t>(counts[i], UINT16_MAX));
  return reads;
}

}  // namespace schelde
