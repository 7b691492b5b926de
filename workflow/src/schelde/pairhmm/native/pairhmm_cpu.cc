// The pair-HMM of a batch on the CPU, and what a GPU needs besides: the order of pairs, constants,
// and what is done after the sums are there.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "flush_to_zero.h"
#include "pairhmm_cpu.h"
#include "steps.h"

namespace schelde {
namespace {

// Intel GKL (pairhmm_common.h): the likelihood of the empty read, as large as sums leave room for,
// and the least sum in single precision that is exact enough.
constexpr int kInitialExponent = 120;
constexpr int kInitialExponentDouble = 1020;
constexpr float kLeastSum = 1e-28f;

template <class Number>
Tables<Number> tables_of(uint8_t gap_continuation, int initial_exponent) {
  if (gap_continuation == 0) {
    throw std::runtime_error("pair-HMM: the gap continuation penalty must be above 0");
  }
  Tables<Number> tables;
  const double extend = std::pow(10.0, -gap_continuation / 10.0);
  for (int quality = 0; quality < 256; ++quality) {
    const double error = std::pow(10.0, -quality / 10.0);
    tables.match[quality] = static_cast<Number>(1 - error);
    tables.mismatch[quality] = static_cast<Number>(error / 3);
    tables.open[quality] = static_cast<Number>(error);
    tables.gap[quality] = static_cast<Number>((1 - extend) * error);
  }
  tables.extend = static_cast<Number>(extend);
  tables.unscale = static_cast<Number>(1 / (1 - extend));
  tables.initial = static_cast<Number>(std::ldexp(1 - extend, initial_exponent));
  return tables;
}

// Pairs of equal lengths side by side, those against the same haplotype first of all; haplotypes
// become longer and shorter in turns, so that neighbours are alike where the read length changes.
void put_in_order(const Pair* pairs, std::vector<uint32_t>& members) {
  std::sort(members.begin(), members.end(), [pairs](uint32_t left, uint32_t right) {
    const Pair &a = pairs[left], &b = pairs[right];
    if (a.read_length != b.read_length) return a.read_length > b.read_length;
    if (a.haplotype_length != b.haplotype_length) {
      return (a.haplotype_length < b.haplotype_length) == (a.read_length % 2 == 0);
    }
    if (a.haplotype_offset != b.haplotype_offset) return a.haplotype_offset < b.haplotype_offset;
    return left < right;
  });
}

std::vector<uint32_t> order_of_all(const Pair* pairs, size_t count) {
  if (count > UINT32_MAX) throw std::runtime_error("pair-HMM: too many pairs at once");
  for (size_t i = 0; i < count; ++i) {
    if (pairs[i].read_length == 0 || pairs[i].haplotype_length == 0) {
      throw std::runtime_error("pair-HMM: a read or a haplotype has no bases");
    }
  }
  std::vector<uint32_t> members(count);
  std::iota(members.begin(), members.end(), 0);
  put_in_order(pairs, members);
  return members;
}

// nullptr: this processor lacks the instructions.
const Form* form_of(int name) {
  switch (name) {
    case kPlain: return &kPlainForm;
#if defined(__x86_64__)
    case kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kAvx2Form : nullptr;
    case kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
                 ? &kAvx512Form
                 : nullptr;
#endif
    default: return nullptr;
  }
}

int best_form() {
  int best = kPlain;
  for (int name : {kAvx2, kAvx512}) {
    if (form_of(name)) best = name;
  }
  return best;
}

template <class Number>
void run(Sums<Number> sums_of, const PairArrays& arrays, const Tables<Number>& tables,
         const std::vector<uint32_t>& members, Number* sums) {
  uint32_t columns = 0;
  for (uint32_t member : members) {
    columns = std::max(columns, arrays.pairs[member].haplotype_length);
  }
  std::vector<uint8_t> memory((4 * size_t{columns} + 1) * kLongestVector);
  void* scratch = memory.data();
  size_t space = memory.size();
  std::align(kLongestVector, 4 * size_t{columns} * kLongestVector, scratch, space);
  sums_of(arrays, tables, members.data(), members.size(), columns, scratch, sums);
}

void sums_on_cpu(const Form& form, const PairArrays& arrays, size_t count, uint8_t gap_continuation,
                 float* sums) {
  const auto tables = tables_of<float>(gap_continuation, kInitialExponent);
  const auto order = order_of_all(arrays.pairs, count);
  const FlushToZero flush;
  run(form.single_precision, arrays, tables, order, sums);
}

// From sums to log10 likelihoods; what was too small is computed again in double precision. The
// least that double precision can tell stands for anything less likely: a logarithm is finite.
void finish(const Form& form, const PairArrays& arrays, size_t count, uint8_t gap_continuation,
            const float* sums, double* likelihoods) {
  const double scale = kInitialExponent * std::log10(2.0);
  std::vector<uint32_t> again;
  for (size_t i = 0; i < count; ++i) {
    if (sums[i] < kLeastSum) {
      again.push_back(static_cast<uint32_t>(i));
    } else {
      likelihoods[i] = std::log10(static_cast<double>(sums[i])) - scale;
    }
  }
  if (again.empty()) return;
  put_in_order(arrays.pairs, again);
  const auto tables = tables_of<double>(gap_continuation, kInitialExponentDouble);
  run(form.double_precision, arrays, tables, again, likelihoods);
  const double large_scale = kInitialExponentDouble * std::log10(2.0);
  for (uint32_t i : again) {
    likelihoods[i] = std::log10(std::max(likelihoods[i], DBL_MIN)) - large_scale;
  }
}

PairArrays arrays_of(const Batch& batch) {
  return {batch.bases.data(),    batch.quals.data(),      batch.insertion.data(),
          batch.deletion.data(), batch.haplotypes.data(), batch.pairs.data()};
}

const Form& form_named(int name) {
  const Form* form = form_of(name);
  if (!form) throw std::runtime_error("pair-HMM: this processor lacks the instructions");
  return *form;
}

thread_local std::string last_error;

// nullptr, or why the step failed.
template <class Step>
const char* guarded(Step step) {
  try {
    step();
    return nullptr;
  } catch (const std::exception& error) {
    last_error = error.what();
  } catch (...) {
    last_error = "unknown error";
  }
  return last_error.c_str();
}

}  // namespace

void pair_hmm(const Batch& batch, uint8_t gap_continuation, double* likelihoods) {
  const PairArrays arrays = arrays_of(batch);
  const size_t count = batch.pairs.size();
  const Form& form = form_named(best_form());
  std::vector<float> sums(count);
  sums_on_cpu(form, arrays, count, gap_continuation, sums.data());
  finish(form, arrays, count, gap_continuation, sums.data(), likelihoods);
}

}  // namespace schelde

// The parts for a GPU (schelde/pairhmm/kernel.py) and for tests. Each gives nullptr, or a message
// that lives until the thread's next call. Pairs: 4 numbers each, as in struct Pair.
extern "C" {

#pragma GCC visibility push(default)

using schelde::Pair;

struct ScheldePairs {
  const uint8_t *bases, *quals, *insertion, *deletion, *haplotypes;
  const uint32_t* pairs;
  uint64_t count;
};

static_assert(sizeof(Pair) == 4 * sizeof(uint32_t), "pairs are handed on as plain numbers");

static schelde::PairArrays plain(const ScheldePairs& given) {
  return {given.bases,    given.quals,      given.insertion,
          given.deletion, given.haplotypes, reinterpret_cast<const Pair*>(given.pairs)};
}

// The order in which pairs are best worked on: places of `pairs`.
const char* schelde_pairhmm_order(const ScheldePairs* given, uint32_t* order) {
  return schelde::guarded([&] {
    const auto found = schelde::order_of_all(plain(*given).pairs, given->count);
    std::copy(found.begin(), found.end(), order);
  });
}

// The constants of single precision, as many floats as Tables<float> has.
const char* schelde_pairhmm_tables(uint8_t gap_continuation, float* tables) {
  return schelde::guarded([&] {
    const auto made =
        schelde::tables_of<float>(gap_continuation, schelde::kInitialExponent);
    static_assert(sizeof made == schelde::kTableNumbers * sizeof(float), "plain numbers");
    std::memcpy(tables, &made, sizeof made);
  });
}

// Sums of single precision, likelihoods times 2^120, by a named form (FormName).
const char* schelde_pairhmm_sums(const ScheldePairs* given, uint8_t gap_continuation, int form,
                                 float* sums) {
  return schelde::guarded([&] {
    schelde::sums_on_cpu(schelde::form_named(form), plain(*given), given->count, gap_continuation,
                         sums);
  });
}

// log10 likelihoods from the sums, with double precision where sums are too small.
const char* schelde_pairhmm_finish(const ScheldePairs* given, uint8_t gap_continuation, int form,
                                   const float* sums, double* likelihoods) {
  return schelde::guarded([&] {
    schelde::finish(schelde::form_named(form), plain(*given), given->count, gap_continuation, sums,
                    likelihoods);
  });
}

// The best form of this processor.
int schelde_pairhmm_form() { return schelde::best_form(); }

#pragma GCC visibility pop

}  // extern "C"
