// pile_up: one pass over the reads of a chunk.
#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "evidence.h"
#include "steps.h"

namespace schelde {
namespace {

// log10 likelihoods of a base, or their sums over bases: only the reference base, half another one,
// only another one; and how many bases. Added at once.
typedef float Four __attribute__((vector_size(16)));
struct Sums {
  Four four;
};

constexpr size_t kQualities = 256;
using Table = std::array<Sums, kQualities>;

// Of a base that is the reference's or another one, by quality: right with 1 - e, each wrong one
// with e / 3 (GATK: ReferenceConfidenceModel.calcGenotypeLikelihoodsOfRefVsAny). Bases of at most
// `unused` say nothing.
Table likelihoods_of(bool reference, uint8_t unused) {
  Table table{};
  for (size_t quality = unused + size_t{1}; quality < kQualities; quality++) {
    const double error = std::pow(10.0, -static_cast<double>(quality) / 10);
    const auto right = static_cast<float>(std::log10(1 - error));
    const auto wrong = static_cast<float>(std::log10(error / 3));
    const auto half = static_cast<float>(std::log10((1 - error) / 2 + error / 6));
    table[quality].four = reference ? Four{right, half, wrong, 1} : Four{wrong, half, right, 1};
  }
  return table;
}

// What is gathered while the reads are gone through.
struct Pile {
  const Chunk& chunk;
  const Settings& settings;
  std::array<Table, 2> tables;  // of bases that are the reference's, that are not
  std::vector<Sums> sums;       // of positions from chunk.first on
  std::vector<BaseEvent> bases;
  std::vector<IndelEvent> indels;
};

// `length` aligned bases of a read, from `index` on, all inside the chunk's [first, last).
void add_bases(Pile& pile, const Read& read, uint32_t index, Pos pos, Pos length) {
  const Chunk& chunk = pile.chunk;
  const uint8_t* bases = chunk.bases.data() + read.offset + index;
  const uint8_t* quals = chunk.quals.data() + read.offset + index;
  const uint8_t* reference = chunk.reference.data() + (pos - chunk.reference_start);
  Sums* sums = pile.sums.data() + (pos - chunk.first);
  const Sums* table = pile.tables[0].data();
  const uint8_t least = pile.settings.least_base_quality;
  for (Pos i = 0; i < length; i++) {
    const bool differs = bases[i] != reference[i];
    sums[i].four += table[quals[i] + kQualities * differs].four;
    if (differs && quals[i] >= least && bases[i] != kN && reference[i] != kN)
      pile.bases.push_back(base_event(pos + i - chunk.first, bases[i], read.fragment));
  }
}

void add_deleted(Pile& pile, Pos from, Pos to) {
  const Sums& likelihood = pile.tables[1][pile.settings.deletion_quality];
  for (Pos pos = from; pos < to; pos++) pile.sums[pos - pile.chunk.first].four += likelihood.four;
}

void add_read(Pile& pile, const Read& read) {
  const Chunk& chunk = pile.chunk;
  const Usable bases = usable(read);
  Pos pos = read.start;
  Pos index = 0;
  bool indels = false;
  for (uint32_t i = 0; i < read.operations; i++) {
    const Pos length = chunk.cigars[read.cigar + i].length;
    const char op = chunk.cigars[read.cigar + i].op;
    if (op == 'M') {
      const Pos skip = std::max({bases.from - index, chunk.first - pos, Pos{0}});
      const Pos end = std::min({length, bases.to - index, chunk.last - pos});
      if (skip < end)
        add_bases(pile, read, static_cast<uint32_t>(index + skip), pos + skip, end - skip);
    } else if (op == 'D' && bases.from < index && index < bases.to) {
      add_deleted(pile, std::max(pos, chunk.first), std::min(pos + length, chunk.last));
    }
    indels |= op == 'D' || op == 'I';
    if (op == 'M' || op == 'D' || op == 'N') pos += length;
    if (op != 'D' && op != 'N') index += length;
  }
  if (indels) add_indels(read, chunk, pile.indels);
}

// The sums as Pileup has them. Where the reference is not known nothing is said about it.
void give_sums(const Pile& pile, Pileup& pileup) {
  const size_t positions = pile.sums.size();
  pileup.depth.resize(positions);
  pileup.reference.resize(positions);
  pileup.heterozygous.resize(positions);
  pileup.alternate.resize(positions);
  for (size_t i = 0; i < positions; i++) {
    const Four sum = pile.sums[i].four;
    pileup.depth[i] = static_cast<uint16_t>(std::min<float>(sum[3], UINT16_MAX));
    if (pile.chunk.base_at(pileup.first + static_cast<Pos>(i)) == kN) continue;
    pileup.reference[i] = sum[0];
    pileup.heterozygous[i] = sum[1];
    pileup.alternate[i] = sum[2];
  }
}

}  // namespace

Pileup pile_up(const Chunk& chunk, const Settings& settings) {
  if (chunk.first < chunk.reference_start || chunk.last > chunk.reference_end())
    throw std::runtime_error("too short a reference for a chunk of contig " + chunk.contig);
  const uint8_t unused = settings.reference_base_quality;
  Pile pile{chunk, settings, {likelihoods_of(true, unused), likelihoods_of(false, unused)}, {}, {},
            {}};
  pile.sums.resize(static_cast<size_t>(chunk.last - chunk.first));
  for (const Read& read : chunk.reads) add_read(pile, read);

  Pileup pileup;
  pileup.first = chunk.first;
  pileup.last = chunk.last;
  give_sums(pile, pileup);
  pileup.indel_reads = indel_reads_of(chunk, settings);
  // Candidates are counted in fragments, hence also what they are compared with.
  std::vector<uint16_t> fragments = overlaps_of(chunk);
  for (size_t i = 0; i < fragments.size(); i++)
    fragments[i] = static_cast<uint16_t>(pileup.depth[i] - std::min(pileup.depth[i], fragments[i]));
  pileup.candidates = candidates_of(chunk, pile.bases, pile.indels, fragments, settings);
  pileup.breakpoints = breakpoints_of(chunk, pileup.candidates, fragments, settings);
  return pileup;
}

}  // namespace schelde
