// with: genotype.cc sites.cc genotypes.cc likelihoods.cc quality.cc annotate.cc ranks.cc
// Calls of one region, a JSON object a line, or one number of an annotation. Reads lines:
//   reference START BASES
//   window COPIES
//   interval START END COPIES
//   variant POS REMOVED INSERTED          (INSERTED . for none)
//   haplotype VARIANT,VARIANT             (. for none)
//   read START CIGAR MAPQ STRAND QUALITIES LIKELIHOODS   (H in CIGAR: bases that are there, but not
//                                          compared; STRAND + or -; a quality for each base, or
//                                          one for all; log10, one for each haplotype)
//   fisher N,N,N,N  |  odds N,N,N,N  |  ranks ALTERNATE REFERENCE
//   genotypes ALLELES COPIES              (in VCF's order)
//   quality PL PSEUDOCOUNTS COPIES DELETED
#include <cmath>
#include <cstdio>
#include <iostream>

#include "annotate.h"
#include "genotype_text.h"
#include "quality.h"
#include "steps.h"

using namespace schelde;

namespace {

struct Input {
  Chunk chunk;
  Region region;
  std::vector<double> likelihoods;
};

Strands strands_of(const std::string& text) {
  const auto numbers = numbers_of<uint32_t>(text);
  return {numbers.at(0), numbers.at(1), numbers.at(2), numbers.at(3)};
}

void add_read(std::istringstream& words, Input& input) {
  std::string cigar, strand, quals, values;
  Read read{};
  int mapq = 0;
  words >> read.start >> cigar >> mapq >> strand >> quals >> values;
  Chunk& chunk = input.chunk;
  read.mapq = static_cast<uint8_t>(mapq);
  read.reverse = strand == "-";
  read.cigar = static_cast<uint32_t>(chunk.cigars.size());
  read.offset = static_cast<uint32_t>(chunk.quals.size());
  read.end = read.start;
  uint32_t cut[2] = {0, 0};
  for (CigarOp op : cigar_of(cigar)) {
    if (op.op == 'H') cut[read.operations ? 1 : 0] = op.length, op.op = 'S';
    chunk.cigars.push_back(op);
    read.operations++;
    if (op.op != 'D' && op.op != 'N') read.length += op.length;
    if (op.op != 'I' && op.op != 'S') read.end += op.length;
  }
  auto numbers = numbers_of<uint8_t>(quals);
  numbers.resize(read.length, numbers.at(0));
  chunk.quals.append(numbers.begin(), numbers.end());
  input.region.reads.push_back(
      {static_cast<uint32_t>(chunk.reads.size()), cut[0], read.length - cut[1]});
  chunk.reads.push_back(read);
  for (const double value : numbers_of<double>(values)) input.likelihoods.push_back(value);
}

template <class Number>
void print(const char* name, const std::vector<Number>& numbers) {
  std::cout << ", \"" << name << "\": [";
  for (size_t i = 0; i < numbers.size(); i++) std::cout << (i ? ", " : "") << +numbers[i];
  std::cout << "]";
}

void print(const char* name, double number) {
  std::cout << ", \"" << name << "\": ";
  if (std::isnan(number)) std::cout << "null";
  else std::cout << number;
}

void print(const Call& call) {
  std::cout << "{\"pos\": " << call.pos << ", \"ref\": \"" << letters_of(call.reference)
            << "\", \"alts\": [";
  for (size_t a = 0; a < call.alternates.size(); a++) {
    const std::string letters = letters_of(call.alternates[a]);
    std::cout << (a ? ", \"" : "\"") << (letters.empty() ? "*" : letters) << "\"";
  }
  std::cout << "], \"copies\": " << call.copies;
  print("gt", call.genotype);
  print("pl", call.pl);
  print("gq", call.gq);
  print("qual", call.qual);
  print("dp", call.depth);
  print("ad", call.allele_depths);
  print("sb", call.strands);
  print("fs", call.fs);
  print("sor", call.sor);
  print("mq", call.mq);
  print("qd", call.qd);
  print("mq_rank_sum", call.mq_rank_sum);
  print("base_quality_rank_sum", call.base_quality_rank_sum);
  print("read_position_rank_sum", call.read_position_rank_sum);
  print("mq_squares", call.mq_squares);
  print("mq_reads", call.mq_reads);
  std::cout << "}\n";
}

void print_genotypes(size_t alleles, int copies) {
  const Genotypes genotypes(alleles, copies);
  for (size_t g = 0; g < genotypes.size(); g++) {
    for (auto a = genotypes.begin(g); a != genotypes.end(g); a++) {
      std::cout << (a == genotypes.begin(g) ? "" : "/") << *a;
    }
    std::cout << " " << genotypes.log10_orders(g) << "\n";
  }
}

// Answers a line that asks for a number; false if it does not.
bool answer(const std::string& key, std::istringstream& words) {
  std::string first, second;
  if (key == "fisher" && words >> first) {
    std::cout << fisher_strand(strands_of(first)) << "\n";
  } else if (key == "odds" && words >> first) {
    std::cout << strand_odds_ratio(strands_of(first)) << "\n";
  } else if (key == "ranks" && words >> first >> second) {
    std::cout << rank_sum(numbers_of<double>(first), numbers_of<double>(second)) << "\n";
  } else if (key == "genotypes") {
    size_t alleles = 0;
    int copies = 0;
    words >> alleles >> copies;
    print_genotypes(alleles, copies);
  } else if (key == "quality" && words >> first >> second) {
    int copies = 0, deleted = 0;
    words >> copies >> deleted;
    const auto counts = numbers_of<double>(second);
    const Genotypes genotypes(counts.size(), copies);
    std::cout << variant_quality(numbers_of<int>(first), genotypes, counts, deleted) << "\n";
  } else {
    return false;
  }
  return true;
}

void take(const std::string& key, std::istringstream& words, Input& input) {
  std::string text;
  if (key == "reference") {
    words >> input.chunk.reference_start >> text;
    input.chunk.reference = bases_of(text);
  } else if (key == "window") {
    words >> input.region.window.copies;
  } else if (key == "interval") {
    Interval interval;
    words >> interval.start >> interval.end >> interval.copies;
    input.chunk.intervals.push_back(interval);
  } else if (key == "variant") {
    Variant variant;
    words >> variant.pos >> variant.removed >> text;
    variant.inserted = bases_of(text);
    input.region.variants.push_back(variant);
  } else if (key == "haplotype") {
    words >> text;
    input.region.haplotypes.push_back({{}, numbers_of<uint32_t>(text)});
  } else if (key == "read") {
    add_read(words, input);
  }
}

}  // namespace

int main() {
  std::cout.precision(12);
  Input input;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (!answer(key, words)) take(key, words, input);
  }
  if (input.region.haplotypes.empty()) return 0;
  const auto calls = genotype(input.chunk, input.region, input.likelihoods.data(), Settings());
  for (const Call& call : calls) print(call);
}
