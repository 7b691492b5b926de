// What the steps of the caller hand to one another. Positions are 0-based, intervals half-open.
// Bases are codes: A 0, C 1, G 2, T 3, anything else 4.
//
//   Reader -> Chunk -> pile_up -> Pileup, Candidates -> make_windows -> Window
//   -> build_regions -> Region -> add_pairs -> Batch -> (pair-HMM) -> likelihoods
//   -> genotype -> Call -> write_records -> text of a gVCF
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace schelde {

using Pos = int64_t;
using Bases = std::basic_string<uint8_t>;

constexpr uint8_t kN = 4;

// From this length on an indel is often aligned in pieces, or clipped: one read that shows it is
// looked at beside clips, and its window is assembled.
constexpr uint32_t kLongIndel = 10;

// bp behind a border between chunks within which the cut is looked for.
constexpr Pos kCutSearch = 1000;

// Read::adaptor where it cannot be told.
constexpr Pos kNoAdaptor = INT64_MIN;

struct CigarOp {
  uint32_t length;
  char op;  // one of M I D N S; = and X are read as M, hard clips and padding are left out
};

struct Read {
  Pos start, end;       // on the reference, soft clips not counted
  uint32_t offset;      // of its first base in Chunk::bases and Chunk::quals
  uint32_t length;      // bases, soft clips among them
  uint32_t cigar;       // offset of its first operation in Chunk::cigars
  uint32_t operations;
  uint32_t fragment;    // the same for mates, dense from 0 in a chunk
  uint32_t clip_start;  // bases at each end that are not to be used: adaptor, low quality
  uint32_t clip_end;
  uint8_t mapq;
  bool reverse;
  Pos adaptor = kNoAdaptor;  // first position beyond its fragment, in the direction of the read
};

// A stretch that is called, and how many copies of it the person has.
struct Interval {
  Pos start, end;
  int copies;
};

// A stretch of a contig that is worked on at once, with the reads that it needs.
struct Chunk {
  std::string contig;
  Pos start, end;                   // records are given for the intervals in here
  bool cut_start = false;           // another chunk touches this one: the border is a cut, which
  bool cut_end = false;             // lies up to kCutSearch to the right of start or end
  Pos first, last;                  // all reads that overlap this wider stretch are here
  std::vector<Interval> intervals;  // in order, inside [start, end), not overlapping
  Pos reference_start;              // of `reference`, which reaches at least from first to last
  Bases reference;
  std::vector<Read> reads;          // in order of start, then of name and flag
  Bases bases, quals;               // of all reads; quals as they are used (mates, clips)
  std::vector<CigarOp> cigars;

  uint8_t base_at(Pos pos) const { return reference[static_cast<size_t>(pos - reference_start)]; }
  Pos reference_end() const { return reference_start + static_cast<Pos>(reference.size()); }
};

// A difference from the reference: `removed` bases from `pos` on give way to `inserted`.
// SNP: 1 and one base. Insertion: 0 and bases, before pos. Deletion: n and none.
// Indels are as far left as they go; other differences are written as these three.
struct Variant {
  Pos pos;
  uint32_t removed;
  Bases inserted;

  Pos end() const { return pos + removed; }
  bool is_snp() const { return removed == 1 && inserted.size() == 1; }
  bool operator==(const Variant& o) const {
    return pos == o.pos && removed == o.removed && inserted == o.inserted;
  }
  bool operator<(const Variant& o) const {
    if (pos != o.pos) return pos < o.pos;
    if (removed != o.removed) return removed < o.removed;
    return inserted < o.inserted;
  }
};

// A variant that the alignments show.
struct Candidate {
  Variant variant;
  uint32_t reads;  // fragments that show it
  uint32_t depth;  // fragments there; Pileup::depth counts reads, as GATK's DP does
};

// A place where reads are clipped: what is inserted or deleted there is not in the alignments.
struct Breakpoint {
  Pos pos;
  uint32_t reads;
};

// What reads say of each position of [first, last) of a chunk, and what differs from the reference.
struct Pileup {
  Pos first, last;
  std::vector<uint16_t> depth;    // usable bases and deletions
  std::vector<float> reference;   // log10 likelihood that there is only the reference base ...
  std::vector<float> heterozygous;  // ... that half of it is another one ...
  std::vector<float> alternate;     // ... that there is only another one
  std::vector<uint16_t> indel_reads;  // that could show an indel here, had there been one
  std::vector<Candidate> candidates;  // in the order of Variant
  std::vector<Breakpoint> breakpoints;  // in order
};

// Candidates that are so near that they are judged together.
struct Window {
  Pos core_start, core_end;  // candidates lie inside
  Pos start, end;            // haplotypes reach from here to here
  std::vector<Variant> variants;
  bool assemble;             // the alignments may not show all there is
  int copies;
};

struct Haplotype {
  Bases bases;                     // of Window::start to Window::end
  std::vector<uint32_t> variants;  // places in Region::variants, in order; none: the reference
};

// Bases [from, to) of a read (places in Chunk::reads and in the read) that are compared.
struct RegionRead {
  uint32_t read;
  uint32_t from, to;
};

struct Region {
  Window window;
  std::vector<Variant> variants;      // in order; of all haplotypes
  std::vector<Haplotype> haplotypes;  // the first is the reference, no two have the same bases
  std::vector<RegionRead> reads;
  size_t first_pair = 0;  // in Batch::pairs: that of read r and haplotype h is r * haplotypes + h
};

// A read against a haplotype; offsets and lengths in Batch.
struct Pair {
  uint32_t read_offset, read_length, haplotype_offset, haplotype_length;
};

// What the pair-HMM is given: plain arrays, which go to a GPU as they are.
struct Batch {
  Bases bases, quals, insertion, deletion;  // rows of all reads; quals >= 6; phred
  Bases haplotypes;
  std::vector<Pair> pairs;
};

// A site of a sample, called.
struct Call {
  Pos pos;                    // of the first base of the alleles, as in a VCF but 0-based
  Bases reference;            // alleles with at least one base each
  std::vector<Bases> alternates;  // an empty one is `*`; <NON_REF> is not among them
  int copies;
  std::vector<int> genotype;  // places among the alleles, in order
  std::vector<double> likelihoods;  // log10, of genotypes in VCF's order, with <NON_REF> last
  std::vector<int> pl;
  int gq;
  double qual;
  uint32_t depth;
  std::vector<uint32_t> allele_depths;  // reference, alternates, <NON_REF>
  std::vector<uint32_t> strands;        // reference forward, reverse, others forward, reverse
  // Annotations; NaN where there is none.
  double fs, sor, mq, qd, mq_rank_sum, base_quality_rank_sum, read_position_rank_sum;
  double mq_squares;  // sum over `mq_reads` reads, which joint calling adds up
  uint32_t mq_reads;
};

}  // namespace schelde
