// The pair-HMM on a GPU: each thread works on one pair at a time. Compiled at run time by NVRTC.
#include "pairhmm.h"

namespace {

// 14 rows fit into the 168 registers that a thread has when three blocks share a multiprocessor;
// none is spilled (NVRTC 13.5 for sm_75, sm_80, sm_90). 24 bytes of memory traffic for 14 cells.
constexpr int kRows = 14;
constexpr int kThreads = 128;
constexpr int kBlocks = 3;

struct Single {
  using Float = float;
  using Int = int;
  static PAIRHMM_INLINE Float fused(Float a, Float b, Float c) { return fmaf(a, b, c); }
};

struct Thread {
  const unsigned char *bases, *quals, *insertion, *deletion, *haplotype;  // of this pair
  const schelde::Tables<float>* tables;
  float* strip;     // of this thread; neighbouring threads have neighbouring places
  unsigned stride;  // threads
  int rows, least_rows, columns, last_row, width;
  float extend, unscale, initial;

  template <int K>
  PAIRHMM_INLINE void load(int first, schelde::Rows<Single, K>& into) const {
    PAIRHMM_UNROLL
    for (int k = 0; k < K; ++k) {
      const int row = first + k < rows ? first + k : rows - 1;
      const int quality = quals[row], open = insertion[row], close = deletion[row];
      into.match[k] = tables->match[quality];
      into.mismatch[k] = tables->mismatch[quality];
      into.stay[k] = 1.0f - (tables->open[open] + tables->open[close]);
      into.insert[k] = tables->gap[open];
      into.remove[k] = tables->gap[close];
      into.base[k] = schelde::base_bits(bases[row]);
    }
  }
  PAIRHMM_INLINE int base(int column) const { return schelde::base_bits(haplotype[column]); }
  PAIRHMM_INLINE size_t place(int column, int state) const {
    return (3 * static_cast<size_t>(column) + state) * stride;
  }
  PAIRHMM_INLINE float above(int column, int state) const { return strip[place(column, state)]; }
  PAIRHMM_INLINE void keep(int column, int state, float value) {
    strip[place(column, state)] = value;
  }
};

}  // namespace

// pairs: read offset and length, haplotype offset and length of each; strip: 3 floats for each
// column of the longest haplotype and each thread; sums: the likelihoods times 2^120.
extern "C" __global__ void __launch_bounds__(kThreads, kBlocks)
    pair_hmm(const unsigned char* bases, const unsigned char* quals,
             const unsigned char* insertion, const unsigned char* deletion,
             const unsigned char* haplotypes, const unsigned* pairs, unsigned count,
             const schelde::Tables<float>* tables, float* strip, float* sums) {
  const unsigned threads = gridDim.x * blockDim.x;
  const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
  for (size_t p = thread; p < count; p += threads) {
    const unsigned* pair = pairs + 4 * p;
    const int rows = static_cast<int>(pair[1]), columns = static_cast<int>(pair[3]);
    Thread data{bases + pair[0], quals + pair[0], insertion + pair[0], deletion + pair[0],
                haplotypes + pair[2], tables, strip + thread, threads,
                rows, rows, columns, rows - 1, columns,
                tables->extend, tables->unscale, tables->initial / static_cast<float>(columns)};
    sums[p] = schelde::scaled_likelihood<Single, kRows>(data);
  }
}
