// Pairs on stdin (haplotype, read, base qualities, insertion, deletion; phred + 33), FORM and gap
// continuation as arguments: prints the sum of single precision, exactly, and the log10 likelihood.
// FORM is plain, avx2, avx512, gpu (as a CPU runs it), or best, which is what the engine calls.
// with: pairhmm_cpu.cc pairhmm_plain.cc pairhmm_avx2.cc pairhmm_avx512.cc
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "pairhmm_grid.cc"
#include "steps.h"

extern "C" {
struct ScheldePairs {
  const uint8_t *bases, *quals, *insertion, *deletion, *haplotypes;
  const uint32_t* pairs;
  uint64_t count;
};
const char* schelde_pairhmm_tables(uint8_t, float*);
const char* schelde_pairhmm_sums(const ScheldePairs*, uint8_t, int, float*);
const char* schelde_pairhmm_finish(const ScheldePairs*, uint8_t, int, const float*, double*);
int schelde_pairhmm_form();
}

namespace {

using schelde::Batch;

void check(const char* fault) {
  if (fault) throw std::runtime_error(fault);
}

uint8_t code_of(char base) {
  const size_t place = std::string("ACGT").find(base);
  return place == std::string::npos ? schelde::kN : static_cast<uint8_t>(place);
}

Batch read_batch() {
  Batch batch;
  std::string haplotype, read, quals, insertion, deletion;
  while (std::cin >> haplotype >> read >> quals >> insertion >> deletion) {
    if (read == "-") read = quals = insertion = deletion = "";
    batch.pairs.push_back({static_cast<uint32_t>(batch.bases.size()),
                           static_cast<uint32_t>(read.size()),
                           static_cast<uint32_t>(batch.haplotypes.size()),
                           static_cast<uint32_t>(haplotype.size())});
    for (char base : haplotype) batch.haplotypes += code_of(base);
    for (char base : read) batch.bases += code_of(base);
    for (char quality : quals) batch.quals += static_cast<uint8_t>(quality - 33);
    for (char quality : insertion) batch.insertion += static_cast<uint8_t>(quality - 33);
    for (char quality : deletion) batch.deletion += static_cast<uint8_t>(quality - 33);
  }
  return batch;
}

void sums_on_grid(const ScheldePairs& given, uint8_t gap, std::vector<float>& sums) {
  constexpr unsigned kBlocksHere = 3, kThreadsHere = 5;  // fewer than pairs: threads go round
  schelde::Tables<float> tables;
  check(schelde_pairhmm_tables(gap, reinterpret_cast<float*>(&tables)));
  size_t columns = 0;
  for (uint64_t i = 0; i < given.count; ++i) {
    columns = std::max<size_t>(columns, given.pairs[4 * i + 3]);
  }
  std::vector<float> strip(3 * columns * kBlocksHere * kThreadsHere);
  run_grid(kBlocksHere, kThreadsHere, given.bases, given.quals, given.insertion, given.deletion,
           given.haplotypes, given.pairs, static_cast<unsigned>(given.count), &tables,
           strip.data(), sums.data());
}

void run(const std::string& form, uint8_t gap) {
  const Batch batch = read_batch();
  const ScheldePairs given = {batch.bases.data(),     batch.quals.data(),
                              batch.insertion.data(), batch.deletion.data(),
                              batch.haplotypes.data(),
                              reinterpret_cast<const uint32_t*>(batch.pairs.data()),
                              batch.pairs.size()};
  std::vector<float> sums(batch.pairs.size());
  std::vector<double> likelihoods(batch.pairs.size());
  if (form == "best") {
    schelde::pair_hmm(batch, gap, likelihoods.data());
  } else {
    int place = form == "avx2" ? 1 : form == "avx512" ? 2 : 0;
    if (form == "gpu") {
      sums_on_grid(given, gap, sums);
      place = schelde_pairhmm_form();
    } else {
      check(schelde_pairhmm_sums(&given, gap, place, sums.data()));
    }
    check(schelde_pairhmm_finish(&given, gap, place, sums.data(), likelihoods.data()));
  }
  for (size_t i = 0; i < sums.size(); ++i) std::printf("%a %.17g\n", sums[i], likelihoods[i]);
}

}  // namespace

int main(int, char** arguments) {
  try {
    run(arguments[1], static_cast<uint8_t>(std::stoi(arguments[2])));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  volatile float small = 1e-39f;  // the thread is to be left as it was: with subnormal numbers
  if (small * 0.5f == 0.0f) return 2;
  return 0;
}
