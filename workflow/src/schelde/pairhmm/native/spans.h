// Where variants and reads lie: shared by the steps that make windows and haplotypes.
#pragma once
#include <vector>

#include "data.h"

namespace schelde {

struct Span {
  Pos start, end;
};

// The stretch in which an indel could as well be written, with a base on either side: it is shifted
// right as long as the sequence stays the same, at most 300 bp, so that neighbouring chunks, which
// know different stretches of the reference, agree. A SNP is its own base.
Span reach_of(const Variant& variant, const Chunk& chunk);

// A stretch with what lies next to it of a tandem repeat whose copies need not be equal: as long as
// words of the reference are found again nearby, at most 150 bp to each side. In there a read can
// be aligned one copy off, and only those that reach out of it tell the number of copies.
Span with_repeat(Span stretch, const Chunk& chunk);

// Whether two variants cannot be on one haplotype: they share bases, or touch in such a way that a
// VCF could not write them side by side (an indel right at the end of a deletion).
bool in_conflict(const Variant& a, const Variant& b);

// Bases [from, to) of a read that lie in [start, end) of the reference; inserted bases lie where
// the base before them does. Clipped bases lie where they would without a gap between them and the
// rest; `slack` of them at either end of [start, end) are left out, since a deletion between them
// and the rest would carry them past that end. Empty (from == to) where there are none.
struct BaseRange {
  uint32_t from, to;
};
BaseRange bases_in(const Chunk& chunk, const Read& read, Span stretch, Pos slack);

// Finds the reads whose usable bases, clipped ones too, overlap a stretch.
class ReadFinder {
 public:
  explicit ReadFinder(const Chunk& chunk);
  // Places in Chunk::reads, in order.
  void overlapping(Span stretch, std::vector<uint32_t>& found) const;

 private:
  std::vector<Span> spans_;          // of each read
  std::vector<uint32_t> by_start_;   // reads in order of where their usable bases start
  std::vector<Pos> furthest_;        // furthest end of that read and all before it
};

}  // namespace schelde
