// The GPU's kernel as a CPU runs it: thread after thread. With the other parts of the pair-HMM, a
// library for a test that stands in for CuPy.
// with: pairhmm_cpu.cc pairhmm_plain.cc pairhmm_avx2.cc pairhmm_avx512.cc
#include <cmath>
#include <cstddef>

#include "flush_to_zero.h"

#define __global__
#define __launch_bounds__(threads, blocks)

namespace {
struct {
  unsigned x;
} gridDim, blockDim, blockIdx, threadIdx;
}  // namespace

#include "pairhmm.cu"

extern "C" void run_grid(unsigned blocks, unsigned threads, const unsigned char* bases,
                         const unsigned char* quals, const unsigned char* insertion,
                         const unsigned char* deletion, const unsigned char* haplotypes,
                         const unsigned* pairs, unsigned count, const void* tables, float* strip,
                         float* sums) {
  const schelde::FlushToZero flush;
  gridDim.x = blocks;
  blockDim.x = threads;
  for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x) {
    for (threadIdx.x = 0; threadIdx.x < threads; ++threadIdx.x) {
      pair_hmm(bases, quals, insertion, deletion, haplotypes, pairs, count,
               static_cast<const schelde::Tables<float>*>(tables), strip, sums);
    }
  }
}
