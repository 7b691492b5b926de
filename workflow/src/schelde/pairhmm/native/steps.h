// The steps of the caller, in the order in which data flows; see data.h.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data.h"
#include "settings.h"

namespace schelde {

// ---- reads.cc

// What a chunk is to hold, before its reads are there; `reads` and what belongs to them is empty.
// Chunks are in the order of the BAM's contigs and of positions; [first, last) may overlap.
using ChunkPlan = Chunk;

// Reads a BAM (uncompressed or not) from a file descriptor, in order of positions.
class Reader {
 public:
  Reader(int descriptor, std::vector<ChunkPlan> plans, const Settings& settings);
  ~Reader();
  // The next chunk with its reads prepared, nullptr after the last one. Throws std::runtime_error
  // when the stream is broken, ends early or is not in order.
  std::unique_ptr<Chunk> next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// ---- mates.cc

// Takes off adaptors and bad ends, and lowers the qualities of bases that mates both have.
void prepare_reads(Chunk& chunk, const Settings& settings);

// ---- pileup.cc

Pileup pile_up(const Chunk& chunk, const Settings& settings);

// A variant as far left as it goes without leaving the chunk's reference.
Variant left_aligned(Variant variant, const Chunk& chunk);

// ---- windows.cc

// Windows of the chunk; a window that begins before chunk.start or after chunk.end by the rule for
// cuts is the business of its neighbour. The cores do not overlap.
std::vector<Window> make_windows(const Chunk& chunk, const Pileup& pileup,
                                 const Settings& settings);

// ---- haplotypes.cc, assembly.cc

std::vector<Region> build_regions(const Chunk& chunk, std::vector<Window> windows,
                                  const Settings& settings);

// ---- model.cc

// Appends the rows of a region's reads, its haplotypes and all pairs; sets region.first_pair.
void add_pairs(const Chunk& chunk, Region& region, Batch& batch, const Settings& settings);

// ---- pairhmm_cpu.cc

// log10 likelihood of each pair, the same at any number of threads and on any machine.
void pair_hmm(const Batch& batch, uint8_t gap_continuation, double* likelihoods);

// ---- genotype.cc, annotate.cc

// `likelihoods`: of the whole batch. Calls in order of positions.
std::vector<Call> genotype(const Chunk& chunk, const Region& region, const double* likelihoods,
                           const Settings& settings);

// ---- gvcf.cc

// Records of the chunk's intervals, from `from` to `to`: calls and, between them, reference blocks.
// Every base of the intervals is covered exactly once. `bands`: least GQs of the blocks' bands.
std::string write_records(const Chunk& chunk, const Pileup& pileup, const std::vector<Call>& calls,
                          const std::vector<int>& bands, const Settings& settings);

// ---- cuts.cc

// Where the chunk's records really begin and end: neighbouring chunks find the same place.
struct Cut {
  Pos begin, end;
};
Cut cut_of(const Chunk& chunk, const Pileup& pileup, const Settings& settings);

}  // namespace schelde
