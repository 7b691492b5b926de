// with: gvcf.cc
// Records of a chunk. Reads lines:
//   reference START BASES
//   chunk CONTIG START END
//   interval START END COPIES
//   bands N,N
//   pileup START                          first position of the following
//   at TIMES DEPTH REFERENCE HETEROZYGOUS ALTERNATE INDEL_READS    so many positions are alike
//   call POS REF ALTS GT PL QUAL          (ALTS with commas, * for a deleted one)
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "genotype_text.h"
#include "steps.h"

using namespace schelde;

namespace {

struct Input {
  Chunk chunk;
  Pileup pileup;
  std::vector<int> bands;
  std::vector<Call> calls;
};

void add_positions(std::istringstream& words, Pileup& pileup) {
  size_t times = 0;
  unsigned depth = 0, indel_reads = 0;
  float reference = 0, heterozygous = 0, alternate = 0;
  words >> times >> depth >> reference >> heterozygous >> alternate >> indel_reads;
  const size_t size = pileup.depth.size() + times;
  pileup.depth.resize(size, static_cast<uint16_t>(depth));
  pileup.reference.resize(size, reference);
  pileup.heterozygous.resize(size, heterozygous);
  pileup.alternate.resize(size, alternate);
  pileup.indel_reads.resize(size, static_cast<uint16_t>(indel_reads));
  pileup.last = pileup.first + static_cast<Pos>(size);
}

Call call_of(std::istringstream& words) {
  std::string reference, alternates, genotype, pl;
  Call call{};
  words >> call.pos >> reference >> alternates >> genotype >> pl >> call.qual;
  call.reference = bases_of(reference);
  std::istringstream parts(alternates);
  for (std::string part; std::getline(parts, part, ',');) {
    call.alternates.push_back(part == "*" ? Bases() : bases_of(part));
  }
  call.genotype = numbers_of<int>(genotype);
  call.pl = numbers_of<int>(pl);
  std::vector<int> sorted = call.pl;
  std::sort(sorted.begin(), sorted.end());
  call.gq = std::min(99, sorted.at(1));
  call.copies = static_cast<int>(call.genotype.size());
  call.depth = call.mq_reads = 20;
  call.allele_depths.assign(call.alternates.size() + 2, 7);
  call.strands = {3, 4, 5, 6};
  call.mq_squares = 72000;
  call.mq = 60;
  call.fs = 1.2345;
  call.sor = 0.6931;
  call.qd = NAN;
  call.base_quality_rank_sum = call.mq_rank_sum = -0.0001;
  call.read_position_rank_sum = NAN;
  return call;
}

void take(const std::string& key, std::istringstream& words, Input& input) {
  std::string text;
  if (key == "reference") {
    words >> input.chunk.reference_start >> text;
    input.chunk.reference = bases_of(text);
  } else if (key == "chunk") {
    words >> input.chunk.contig >> input.chunk.start >> input.chunk.end;
  } else if (key == "interval") {
    Interval interval;
    words >> interval.start >> interval.end >> interval.copies;
    input.chunk.intervals.push_back(interval);
  } else if (key == "bands") {
    words >> text;
    input.bands = numbers_of<int>(text);
  } else if (key == "pileup") {
    words >> input.pileup.first;
    input.pileup.last = input.pileup.first;
  } else if (key == "at") {
    add_positions(words, input.pileup);
  } else if (key == "call") {
    input.calls.push_back(call_of(words));
  }
}

}  // namespace

int main() {
  Input input;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    take(key, words, input);
  }
  try {
    std::cout << write_records(input.chunk, input.pileup, input.calls, input.bands, Settings());
  } catch (const std::exception& error) {
    std::cerr << error.what();
    return 1;
  }
}
