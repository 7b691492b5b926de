// A region on stdin: `R bases qualities mapq from to` for each read (phred + 33; the reads lie one
// after the other in the chunk) and `H bases` for each haplotype. The factor of the PCR model may
// be an argument. Prints the rows of each read (bases, qualities, insertion, deletion), then each
// pair.
// with: model.cc
#include <iostream>
#include <sstream>
#include <string>

#include "steps.h"

using namespace schelde;

namespace {

const std::string kLetters = "ACGTN";

Bases codes_of(const std::string& text) {
  Bases codes;
  for (char base : text) codes += static_cast<uint8_t>(kLetters.find(base));
  return codes;
}

void read_region(Chunk& chunk, Region& region) {
  std::string line, kind, bases, quals;
  while (std::getline(std::cin, line)) {
    std::istringstream fields(line);
    fields >> kind >> bases;
    if (kind == "H") {
      region.haplotypes.push_back({codes_of(bases), {}});
      continue;
    }
    int mapq;
    uint32_t from, to;
    fields >> quals >> mapq >> from >> to;
    Read read{};
    read.offset = static_cast<uint32_t>(chunk.bases.size());
    read.length = static_cast<uint32_t>(bases.size());
    read.mapq = static_cast<uint8_t>(mapq);
    region.reads.push_back({static_cast<uint32_t>(chunk.reads.size()), from, to});
    chunk.reads.push_back(read);
    chunk.bases += codes_of(bases);
    for (char quality : quals) chunk.quals += static_cast<uint8_t>(quality - 33);
  }
}

std::string letters_of(const Bases& codes, uint32_t offset, uint32_t length) {
  std::string text;
  for (uint8_t code : codes.substr(offset, length)) text += kLetters[code];
  return text;
}

std::string phred_of(const Bases& quals, uint32_t offset, uint32_t length) {
  std::string text;
  for (uint8_t quality : quals.substr(offset, length)) text += static_cast<char>(quality + 33);
  return text;
}

}  // namespace

int main(int count, char** arguments) {
  Settings settings;
  if (count > 1) settings.pcr_factor = std::stod(arguments[1]);
  Chunk chunk;
  Region region;
  read_region(chunk, region);
  Batch batch;
  batch.pairs.resize(7);  // as if another region had been there before
  add_pairs(chunk, region, batch, settings);
  uint32_t offset = 0;
  for (const RegionRead& part : region.reads) {
    const uint32_t length = part.to - part.from;
    std::cout << letters_of(batch.bases, offset, length);
    for (const Bases* row : {&batch.quals, &batch.insertion, &batch.deletion}) {
      std::cout << ' ' << phred_of(*row, offset, length);
    }
    std::cout << '\n';
    offset += length;
  }
  for (size_t i = region.first_pair; i < batch.pairs.size(); ++i) {
    const Pair& pair = batch.pairs[i];
    std::cout << letters_of(batch.bases, pair.read_offset, pair.read_length) << ' '
              << letters_of(batch.haplotypes, pair.haplotype_offset, pair.haplotype_length) << '\n';
  }
  return region.first_pair == 7 ? 0 : 1;
}
