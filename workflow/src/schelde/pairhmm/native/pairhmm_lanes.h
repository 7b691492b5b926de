// The pair-HMM on a CPU: as many pairs at once as a vector has numbers. Each file that includes it
// is compiled for another set of instructions, so nothing in here may be shared between them: all
// has internal linkage, and no function of the standard library is used.
#pragma once
#include "pairhmm.h"
#include "pairhmm_cpu.h"

namespace schelde {
namespace {

template <class Number, class Integer, int kNumbers>
struct Lanes {
  static constexpr int kLanes = kNumbers;
  using Real = Number;
  using Integral = Integer;
  typedef Number Float __attribute__((vector_size(sizeof(Number) * kNumbers)));
  typedef Integer Int __attribute__((vector_size(sizeof(Integer) * kNumbers)));

  static PAIRHMM_INLINE Float vector(const Real (&numbers)[kNumbers]) {
    Float result;
    __builtin_memcpy(&result, numbers, sizeof result);
    return result;
  }
  static PAIRHMM_INLINE Int vector(const Integral (&numbers)[kNumbers]) {
    Int result;
    __builtin_memcpy(&result, numbers, sizeof result);
    return result;
  }
  static PAIRHMM_INLINE Float fused(Float a, Float b, Float c) {
    Float result;
    for (int lane = 0; lane < kNumbers; ++lane) result[lane] = fused_one(a[lane], b[lane], c[lane]);
    return result;
  }
  static PAIRHMM_INLINE float fused_one(float a, float b, float c) {
    return __builtin_fmaf(a, b, c);
  }
  static PAIRHMM_INLINE double fused_one(double a, double b, double c) {
    return __builtin_fma(a, b, c);
  }
};

// Up to V::kLanes pairs. Lanes without a pair repeat the first one; what a lane has beyond its own
// rows and columns is computed and not looked at.
template <class V>
struct Group {
  const PairArrays& arrays;
  const Tables<typename V::Real>& tables;
  typename V::Int* haplotypes;  // base_bits of each column
  typename V::Float* strip;
  uint32_t reads[V::kLanes], lengths[V::kLanes];
  int rows, least_rows, columns;
  typename V::Int last_row, width;
  typename V::Float extend, unscale, initial;

  template <int K>
  PAIRHMM_INLINE void load(int first, Rows<V, K>& into) const {
    for (int k = 0; k < K; ++k) {
      typename V::Real match[V::kLanes], mismatch[V::kLanes], stay[V::kLanes];
      typename V::Real insert[V::kLanes], remove[V::kLanes];
      typename V::Integral base[V::kLanes];
      const uint32_t row = static_cast<uint32_t>(first + k);
      for (int lane = 0; lane < V::kLanes; ++lane) {
        const uint32_t at = reads[lane] + (row < lengths[lane] ? row : lengths[lane] - 1);
        const int quality = arrays.quals[at];
        const int insertion = arrays.insertion[at], deletion = arrays.deletion[at];
        match[lane] = tables.match[quality];
        mismatch[lane] = tables.mismatch[quality];
        stay[lane] = 1 - (tables.open[insertion] + tables.open[deletion]);
        insert[lane] = tables.gap[insertion];
        remove[lane] = tables.gap[deletion];
        base[lane] = base_bits(arrays.bases[at]);
      }
      into.match[k] = V::vector(match);
      into.mismatch[k] = V::vector(mismatch);
      into.stay[k] = V::vector(stay);
      into.insert[k] = V::vector(insert);
      into.remove[k] = V::vector(remove);
      into.base[k] = V::vector(base);
    }
  }
  PAIRHMM_INLINE typename V::Int base(int column) const { return haplotypes[column]; }
  PAIRHMM_INLINE typename V::Float above(int column, int state) const {
    return strip[3 * column + state];
  }
  PAIRHMM_INLINE void keep(int column, int state, typename V::Float value) {
    strip[3 * column + state] = value;
  }
};

template <class V>
void fill(Group<V>& group, const uint32_t* members, int count) {
  group.rows = group.columns = 0;
  for (int lane = 0; lane < V::kLanes; ++lane) {
    const Pair& pair = group.arrays.pairs[members[lane < count ? lane : 0]];
    const int rows = static_cast<int>(pair.read_length);
    const int columns = static_cast<int>(pair.haplotype_length);
    group.reads[lane] = pair.read_offset;
    group.lengths[lane] = pair.read_length;
    if (lane == 0 || rows < group.least_rows) group.least_rows = rows;
    if (rows > group.rows) group.rows = rows;
    if (columns > group.columns) group.columns = columns;
    group.last_row[lane] = rows - 1;
    group.width[lane] = columns;
    group.extend[lane] = group.tables.extend;
    group.unscale[lane] = group.tables.unscale;
    group.initial[lane] = group.tables.initial / static_cast<typename V::Real>(columns);
  }
  for (int lane = 0; lane < V::kLanes; ++lane) {
    const Pair& pair = group.arrays.pairs[members[lane < count ? lane : 0]];
    const uint8_t* haplotype = group.arrays.haplotypes + pair.haplotype_offset;
    for (int column = 0; column < group.columns; ++column) {
      const bool inside = column < static_cast<int>(pair.haplotype_length);
      group.haplotypes[column][lane] = inside ? base_bits(haplotype[column]) : 0;
    }
  }
}

// See Sums in pairhmm_cpu.h.
template <class V, int K>
void sums_of(const PairArrays& arrays, const Tables<typename V::Real>& tables,
             const uint32_t* members, size_t count, size_t columns, void* scratch,
             typename V::Real* sums) {
  static_assert(sizeof(typename V::Float) <= kLongestVector, "scratch is aligned and as large");
  auto* strip = static_cast<typename V::Float*>(scratch);
  auto* haplotypes = reinterpret_cast<typename V::Int*>(strip + 3 * columns);
  for (size_t from = 0; from < count; from += V::kLanes) {
    const int lanes = count - from < V::kLanes ? static_cast<int>(count - from) : V::kLanes;
    Group<V> group{arrays, tables, haplotypes, strip, {}, {}, 0, 0, 0, {}, {}, {}, {}, {}};
    fill(group, members + from, lanes);
    const typename V::Float result = scaled_likelihood<V, K>(group);
    for (int lane = 0; lane < lanes; ++lane) sums[members[from + lane]] = result[lane];
  }
}

}  // namespace
}  // namespace schelde
