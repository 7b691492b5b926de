// The forms of the pair-HMM on a CPU: the same bits, by other sets of instructions.
#pragma once
#include <cstddef>
#include <cstdint>

#include "data.h"
#include "pairhmm.h"

namespace schelde {

// A batch as plain pointers.
struct PairArrays {
  const uint8_t *bases, *quals, *insertion, *deletion, *haplotypes;
  const Pair* pairs;
};

// Computes sums[m], a likelihood times `Tables::initial`, for each of the pairs `members`, several
// neighbours at once. `scratch` holds 4 * kLongestVector bytes for each of `columns`, the length of
// the longest haplotype, and is aligned to kLongestVector.
template <class Number>
using Sums = void (*)(const PairArrays& arrays, const Tables<Number>& tables,
                      const uint32_t* members, size_t count, size_t columns, void* scratch,
                      Number* sums);

constexpr size_t kLongestVector = 64;

struct Form {
  Sums<float> single_precision;
  Sums<double> double_precision;
};

constexpr size_t kTableNumbers = 4 * 256 + 3;  // of Tables

enum FormName { kPlain = 0, kAvx2 = 1, kAvx512 = 2 };

extern const Form kPlainForm;
#if defined(__x86_64__)
extern const Form kAvx2Form, kAvx512Form;
#endif

}  // namespace schelde
