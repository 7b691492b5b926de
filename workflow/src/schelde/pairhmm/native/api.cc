// The library's C interface, which schelde/pairhmm/library.py calls: one function per step, so that
// Python can time them, run several chunks at once and have the pair-HMM done elsewhere.
//
// A function that fails returns null or a number other than 0, and `schelde_error` says why.
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "steps.h"
#include "trace.h"

using namespace schelde;

namespace {

thread_local std::string last_error;

// A chunk on its way through the steps.
struct Work {
  std::unique_ptr<Chunk> chunk;
  Pileup pileup;
  std::vector<Region> regions;
  Batch batch;
  std::vector<double> likelihoods;
  std::string text;
};

template <class Step>
int guarded(Step step) {
  try {
    step();
    return 0;
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = "unknown error";
  }
  return 1;
}

const Settings& settings() {
  static const Settings constants;
  return constants;
}

uint8_t code_of(char base) {
  switch (base) {
    case 'A': case 'a': return 0;
    case 'C': case 'c': return 1;
    case 'G': case 'g': return 2;
    case 'T': case 't': return 3;
    default: return kN;
  }
}

}  // namespace

extern "C" {

#pragma GCC visibility push(default)

// As schelde/pairhmm/library.py has them.
struct ScheldeSpan {
  const char* contig;
  int64_t start, end, first, last;
  int32_t cut_start, cut_end;
  uint32_t first_interval, intervals;  // in the array of intervals
};

struct ScheldeInterval {
  int64_t start, end;
  int32_t copies;
};

struct ScheldeBatch {
  const uint8_t *bases, *quals, *insertion, *deletion;
  uint64_t rows;
  const uint8_t* haplotypes;
  uint64_t haplotype_bases;
  const uint32_t* pairs;  // 4 numbers each
  uint64_t pair_count;
  double* likelihoods;    // of pair_count numbers, to be written
};

const char* schelde_error() { return last_error.c_str(); }

void* schelde_reader(int descriptor, const ScheldeSpan* spans, uint64_t span_count,
                     const ScheldeInterval* intervals) {
  Reader* reader = nullptr;
  guarded([&] {
    std::vector<ChunkPlan> plans(span_count);
    for (uint64_t i = 0; i < span_count; i++) {
      const ScheldeSpan& span = spans[i];
      ChunkPlan& plan = plans[i];
      plan.contig = span.contig;
      plan.start = span.start;
      plan.end = span.end;
      plan.first = span.first;
      plan.last = span.last;
      plan.cut_start = span.cut_start != 0;
      plan.cut_end = span.cut_end != 0;
      for (uint32_t k = 0; k < span.intervals; k++) {
        const ScheldeInterval& one = intervals[span.first_interval + k];
        plan.intervals.push_back({one.start, one.end, one.copies});
      }
    }
    reader = new Reader(descriptor, std::move(plans), settings());
  });
  return reader;
}

void schelde_close(void* reader) { delete static_cast<Reader*>(reader); }

// The next chunk in *work; null after the last one.
int schelde_next(void* reader, void** work) {
  *work = nullptr;
  return guarded([&] {
    auto chunk = static_cast<Reader*>(reader)->next();
    if (chunk) {
      auto made = std::make_unique<Work>();
      made->chunk = std::move(chunk);
      *work = made.release();
    }
  });
}

void schelde_free(void* work) { delete static_cast<Work*>(work); }

// Gives a chunk the reference from `start` on, which reaches from its `first` to its `last`.
int schelde_reference(void* work, int64_t start, const char* bases, uint64_t length) {
  return guarded([&] {
    Chunk& chunk = *static_cast<Work*>(work)->chunk;
    chunk.reference_start = start;
    chunk.reference.resize(length);
    for (uint64_t i = 0; i < length; i++) chunk.reference[i] = code_of(bases[i]);
  });
}

int schelde_pile_up(void* work) {
  return guarded([&] {
    Work& it = *static_cast<Work*>(work);
    it.pileup = pile_up(*it.chunk, settings());
  });
}

int schelde_build(void* work) {
  return guarded([&] {
    Work& it = *static_cast<Work*>(work);
    const Cut cut = cut_of(*it.chunk, it.pileup, settings());
    it.chunk->start = cut.begin;
    it.chunk->end = cut.end;
    it.regions = build_regions(*it.chunk, make_windows(*it.chunk, it.pileup, settings()),
                               settings());
    for (Region& region : it.regions) add_pairs(*it.chunk, region, it.batch, settings());
    it.likelihoods.resize(it.batch.pairs.size());
  });
}

void schelde_batch(void* work, ScheldeBatch* out) {
  Work& it = *static_cast<Work*>(work);
  const Batch& batch = it.batch;
  static_assert(sizeof(Pair) == 4 * sizeof(uint32_t), "pairs are handed on as plain numbers");
  *out = {batch.bases.data(),      batch.quals.data(),
          batch.insertion.data(),  batch.deletion.data(),
          batch.bases.size(),      batch.haplotypes.data(),
          batch.haplotypes.size(), reinterpret_cast<const uint32_t*>(batch.pairs.data()),
          batch.pairs.size(),      it.likelihoods.data()};
}

int schelde_pair_hmm(void* work) {
  return guarded([&] {
    Work& it = *static_cast<Work*>(work);
    pair_hmm(it.batch, settings().gap_continuation, it.likelihoods.data());
  });
}

// Genotypes the chunk and writes its records; `bands`: least GQs of the bands of blocks.
int schelde_finish(void* work, const int32_t* bands, uint64_t band_count, const char** text,
                   uint64_t* length) {
  return guarded([&] {
    Work& it = *static_cast<Work*>(work);
    std::vector<Call> calls;
    for (const Region& region : it.regions) {
      auto found = genotype(*it.chunk, region, it.likelihoods.data(), settings());
      calls.insert(calls.end(), found.begin(), found.end());
    }
    it.text = write_records(*it.chunk, it.pileup, calls, {bands, bands + band_count}, settings());
    *text = it.text.data();
    *length = it.text.size();
  });
}

// What the steps made of a chunk before `schelde_finish`, as text for comparisons; see trace.h.
int schelde_trace(void* work, const char** text, uint64_t* length) {
  return guarded([&] {
    Work& it = *static_cast<Work*>(work);
    it.text = trace(*it.chunk, it.pileup, it.regions, it.batch, it.likelihoods);
    *text = it.text.data();
    *length = it.text.size();
  });
}

#pragma GCC visibility pop

}  // extern "C"
