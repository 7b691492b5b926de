#include "decode.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace schelde {
namespace {

constexpr uint8_t kHighestQuality = 93;  // SAM specification, section 1.4
constexpr uint8_t kNoQuality = 0xff;     // section 4.2.3

// Two codes for each byte of a record's bases.
using CodePairs = std::array<std::array<uint8_t, 2>, 256>;

constexpr CodePairs code_pairs() {
  constexpr uint8_t code[16] = {kN, 0, 1, kN, 2, kN, kN, kN, 3, kN, kN, kN, kN, kN, kN, kN};
  CodePairs pairs{};
  for (size_t i = 0; i < 256; i++) {
    pairs[i][0] = code[i >> 4];
    pairs[i][1] = code[i & 15];
  }
  return pairs;
}

constexpr CodePairs kCodes = code_pairs();

// First position that is not of the read's fragment any more: what is read from there on is
// adaptor (GATK: ReadUtils.getAdaptorBoundary, hasWellDefinedFragmentSize).
Pos adaptor_of(const BamRecord& record, const Read& read) {
  const bool mate_reverse = record.flag & kMateReverse;
  if (!record.template_length || !(record.flag & kPaired) || (record.flag & kMateUnmapped) ||
      read.reverse == mate_reverse)
    return kNoAdaptor;
  if (read.reverse) return read.end > record.mate_start + 1 ? record.mate_start - 1 : kNoAdaptor;
  if (read.start > record.mate_start + record.template_length) return kNoAdaptor;
  return read.start + std::abs(Pos{record.template_length});
}

// Appends the operations as CigarOp has them; false if no base is aligned. An insertion before the
// first or behind the last aligned base is read as a soft clip and a deletion there as skipped
// bases: without a base on either side nothing says that they are there.
bool append_cigar(const BamRecord& record, std::vector<CigarOp>& cigar) {
  const auto aligned = [&](uint32_t i) {
    const char op = record.cigar_op(i);
    return op == 'M' || op == '=' || op == 'X';
  };
  uint32_t first = 0, last = record.operations;
  while (first < last && !aligned(first)) first++;
  while (last > first && !aligned(last - 1)) last--;
  if (first == last) return false;
  const size_t begin = cigar.size();
  for (uint32_t i = 0; i < record.operations; i++) {
    const uint32_t length = record.cigar_length(i);
    const bool inside = i >= first && i < last;
    char op = aligned(i) ? 'M' : record.cigar_op(i);
    if (op == '?') refuse(record, "its CIGAR has an unknown operation");
    if (op == 'H' || op == 'P' || !length) continue;
    if (op == 'S' && inside) refuse(record, "its CIGAR has a soft clip inside");
    if (op == 'I' && !inside) op = 'S';
    if (op == 'D' && !inside) op = 'N';
    if (op == 'N' && i >= last) continue;
    if (cigar.size() > begin && cigar.back().op == op) cigar.back().length += length;
    else cigar.push_back({length, op});
  }
  return true;
}

void check_record(const BamRecord& record) {
  if (!record.length) refuse(record, "it has no bases");
  if (record.quals[0] == kNoQuality) refuse(record, "it has no base qualities");
  const uint8_t highest = *std::max_element(record.quals, record.quals + record.length);
  if (highest > kHighestQuality) refuse(record, "it has a base quality above 93");
}

// Appends codes and qualities, which no longer lie half a byte each.
void append_bases(const BamRecord& record, Chunk& chunk) {
  const size_t offset = chunk.bases.size(), length = record.length;
  if (offset + length + 1 > UINT32_MAX)
    throw std::runtime_error("too many bases in a chunk of contig " + chunk.contig);
  chunk.bases.resize(offset + length + 1);  // an odd base has a neighbour that is none
  uint8_t* code = &chunk.bases[offset];
  for (size_t i = 0; i < length; i += 2)
    std::memcpy(code + i, kCodes[record.bases[i / 2]].data(), 2);
  chunk.bases.resize(offset + length);
  chunk.quals.append(record.quals, length);
}

}  // namespace

void refuse(const BamRecord& record, const std::string& what) {
  throw std::runtime_error("read " + std::string(record.name) + " at position " +
                           std::to_string(record.start + 1) + ": " + what);
}

bool append_read(const BamRecord& record, Pos contig_length, Chunk& chunk) {
  check_record(record);
  Read read{};
  read.cigar = static_cast<uint32_t>(chunk.cigars.size());
  if (!append_cigar(record, chunk.cigars)) return false;
  read.operations = static_cast<uint32_t>(chunk.cigars.size()) - read.cigar;
  read.start = read.end = record.start;
  uint64_t bases = 0;
  for (uint32_t i = 0; i < read.operations; i++) {
    const CigarOp& op = chunk.cigars[read.cigar + i];
    if (uses_reference(op.op)) read.end += op.length;
    if (op.op != 'D' && op.op != 'N') bases += op.length;
  }
  if (bases != record.length) refuse(record, "its CIGAR does not fit its bases");
  if (read.end > contig_length) refuse(record, "it reaches beyond its contig");
  read.offset = static_cast<uint32_t>(chunk.bases.size());
  read.length = record.length;
  read.mapq = record.mapq;
  read.reverse = record.flag & kReverse;
  read.adaptor = adaptor_of(record, read);
  append_bases(record, chunk);
  chunk.reads.push_back(read);
  return true;
}

}  // namespace schelde
