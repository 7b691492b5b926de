// The pair-HMM: one source for the CPU (g++) and the GPU (NVRTC, nvcc), without any header, so that
// both compute the same bits. Every rounding is written out: the only fused operation is `fused`,
// and no compiler may add others (-ffp-contract=off, -fmad=false); numbers too small to be normal
// count as nothing on both sides.
//
// A read of R bases (rows) against a haplotype of H bases (columns), after Durbin et al. 1998 as
// GATK has it (LoglessPairHMM, PairHMMModel). With e, a, b, g the error probabilities of a base, of
// opening an insertion or deletion and of going on with it:
//
//   M[i][j] = p * ((1 - (a + b)) * M[i-1][j-1] + (1 - g) * (I[i-1][j-1] + D[i-1][j-1]))
//   I[i][j] = a * M[i-1][j] + g * I[i-1][j]
//   D[i][j] = b * M[i][j-1] + g * D[i][j-1]
//
// with p = 1 - e for equal bases, or if either is N, and e / 3 otherwise; D[0][j] = C / H, all else
// at the edges is 0; the likelihood is the sum of M and I along the last row, divided by C. Here I
// and D are kept multiplied by 1 - g, which saves a product in each cell.
#pragma once

#if defined(__CUDACC__)
#define PAIRHMM_INLINE __device__ __forceinline__
#define PAIRHMM_UNROLL _Pragma("unroll")
#else
#define PAIRHMM_INLINE inline __attribute__((always_inline))
#define PAIRHMM_UNROLL _Pragma("GCC unroll 16")
#endif

namespace schelde {

// What qualities stand for; computed in double and rounded once, on the CPU for both sides.
template <class Number>
struct Tables {
  Number match[256], mismatch[256];  // 1 - e, e / 3
  Number open[256], gap[256];        // a or b; the same times 1 - g
  Number extend;                     // g
  Number unscale;                    // 1 / (1 - g)
  Number initial;                    // (1 - g) * C
};

// A base as one bit, N as all of them: what has a bit in common is equal.
PAIRHMM_INLINE int base_bits(int code) { return code < 4 ? 1 << code : 15; }

// Constants of K rows. V has the types Float and Int, one number for each pair that is worked on: a
// thread of a GPU has one, a vector of a CPU several. V::fused(a, b, c) is a * b + c rounded once.
template <class V, int K>
struct Rows {
  typename V::Float match[K], mismatch[K], stay[K], insert[K], remove[K];
  typename V::Int base[K];
};

// One column of K rows; from it the next column follows.
template <class V, int K>
struct Column {
  typename V::Float m[K], i[K], d[K];
};

// Goes one column to the right. `m`, `i`: the row above in this column; `before_*`: in the last.
template <class V, int K>
PAIRHMM_INLINE void advance(Column<V, K>& column, const Rows<V, K>& rows, typename V::Int base,
                            typename V::Float extend, typename V::Float m, typename V::Float i,
                            typename V::Float before_m, typename V::Float before_gaps) {
  using Float = typename V::Float;
  PAIRHMM_UNROLL
  for (int k = 0; k < K; ++k) {
    const Float p = (base & rows.base[k]) != 0 ? rows.match[k] : rows.mismatch[k];
    const Float match = p * V::fused(rows.stay[k], before_m, before_gaps);
    const Float insertion = V::fused(extend, i, rows.insert[k] * m);
    const Float deletion = V::fused(extend, column.d[k], rows.remove[k] * column.m[k]);
    before_m = column.m[k];
    before_gaps = column.i[k] + column.d[k];
    column.m[k] = m = match;
    column.i[k] = i = insertion;
    column.d[k] = deletion;
  }
}

// Rows [first, first + K) of all columns. `data` gives and keeps the row above (`above`, `keep`):
// K rows are in registers, and memory is used once for K cells. kEnds: a last row is among them.
template <class V, int K, bool kEnds, class Data>
PAIRHMM_INLINE void tile(Data& data, int first, typename V::Float& sum) {
  using Float = typename V::Float;
  Rows<V, K> rows;
  data.load(first, rows);
  const Float extend = data.extend, zero{};
  Column<V, K> column{};
  Float before_m = zero, before_gaps = first ? zero : data.initial;
  for (int j = 0; j < data.columns; ++j) {
    const Float m = first ? data.above(j, 0) : zero;
    const Float i = first ? data.above(j, 1) : zero;
    const Float d = first ? data.above(j, 2) : data.initial;
    advance(column, rows, data.base(j), extend, m, i, before_m, before_gaps);
    before_m = m;
    before_gaps = i + d;
    if (kEnds) {
      PAIRHMM_UNROLL
      for (int k = 0; k < K; ++k) {
        const Float here = V::fused(data.unscale, column.i[k], column.m[k]);
        sum += (data.last_row == first + k) & (data.width > j) ? here : zero;
      }
    }
    if (!kEnds || first + K < data.rows) {
      data.keep(j, 0, column.m[K - 1]);
      data.keep(j, 1, column.i[K - 1]);
      data.keep(j, 2, column.d[K - 1]);
    }
  }
}

// The likelihood times C. `data`: see Group (pairhmm_lanes.h) and Thread (pairhmm.cu).
template <class V, int K, class Data>
PAIRHMM_INLINE typename V::Float scaled_likelihood(Data& data) {
  typename V::Float sum{};
  for (int first = 0; first < data.rows; first += K) {
    if (first + K < data.least_rows) {
      tile<V, K, false>(data, first, sum);
    } else {
      tile<V, K, true>(data, first, sum);
    }
  }
  return sum;
}

}  // namespace schelde
