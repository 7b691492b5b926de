// What the parts of pile_up hand to one another.
#pragma once
#include <vector>

#include "data.h"
#include "settings.h"

namespace schelde {

// A base that differs from the reference, shown by a fragment. In order of position, base, fragment
// as a number.
using BaseEvent = uint64_t;

constexpr int kFragmentBits = 32, kBaseBits = 2;

// `place`: position after Chunk::first, below 2^30.
inline BaseEvent base_event(Pos place, uint8_t base, uint32_t fragment) {
  return static_cast<uint64_t>(place) << (kFragmentBits + kBaseBits) |
         static_cast<uint64_t>(base) << kFragmentBits | fragment;
}

struct IndelEvent {
  Variant variant;
  uint32_t fragment;
  uint8_t quality;  // lowest of the inserted bases
};

// Bases of a read that are neither adaptor nor a bad end: [from, to).
struct Usable {
  uint32_t from, to;
};

inline Usable usable(const Read& read) {
  return {read.clip_start, read.length - read.clip_end};
}

// ---- candidates.cc

// Appends what the CIGAR of a read inserts or deletes between two usable bases.
void add_indels(const Read& read, const Chunk& chunk, std::vector<IndelEvent>& events);

// Candidates with enough fragments; sorts the events. `depth` is that of Pileup.
std::vector<Candidate> candidates_of(const Chunk& chunk, std::vector<BaseEvent>& bases,
                                     std::vector<IndelEvent>& indels,
                                     const std::vector<uint16_t>& depth, const Settings& settings);

// How many fragments less than reads cover each position of [first, last), as mates overlap.
std::vector<uint16_t> overlaps_of(const Chunk& chunk);

// ---- breakpoints.cc

std::vector<Breakpoint> breakpoints_of(const Chunk& chunk, const std::vector<Candidate>& candidates,
                                       const std::vector<uint16_t>& depth,
                                       const Settings& settings);

// ---- confidence.cc

// How many reads of the chunk would show an indel of up to settings.longest_indel bp at each
// position of [first, last), had there been one.
std::vector<uint16_t> indel_reads_of(const Chunk& chunk, const Settings& settings);

}  // namespace schelde
