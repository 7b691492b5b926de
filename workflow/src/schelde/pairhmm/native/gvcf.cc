// Records of a gVCF: calls, and blocks of positions where the reads show only the reference. As
// GATK 4.6 writes them (ReferenceConfidenceModel, GVCFBlockCombiner, HomRefBlock).
#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "steps.h"
#include "vcf_text.h"

namespace schelde {

namespace {

constexpr int kBestQuality = 99;

// Phred likelihoods that none, one or two copies are not the reference; with one copy the third
// is not used.
using BlockPl = std::array<int, 3>;

struct Confidence {
  BlockPl pl;
  double margin;  // log10 between the reference and the next likely
};

// Where the text goes, and what it is made from.
struct Writer {
  const Chunk& chunk;
  const Pileup& pileup;
  const std::vector<int>& bands;
  const Settings& settings;
  std::string text;
  std::vector<uint16_t> depths;  // of a block, for its median
};

int phred(double log10_likelihood) {
  return static_cast<int>(std::floor(-10 * log10_likelihood + 0.5));
}

int quality(const BlockPl& pl, int copies) {
  const int next = copies == 1 ? pl[1] : std::min(pl[1], pl[2]);
  return std::min(kBestQuality, next);
}

void add_place(std::string& text, const Chunk& chunk, Pos pos) {
  text += chunk.contig;
  text += '\t';
  add(text, int64_t{pos + 1});
  text += "\t.\t";
}

// --- a call

// QUAL has no decimals where they are zero.
void add_qual(std::string& text, double qual) {
  add(text, qual, 2);
  if (text.compare(text.size() - 3, 3, ".00") == 0) text.resize(text.size() - 3);
}

void add_info(std::string& text, const Call& call) {
  add_field(text, "BaseQRankSum=", call.base_quality_rank_sum, 3);
  text += std::isnan(call.base_quality_rank_sum) ? "DP=" : ";DP=";
  add(text, int64_t{call.depth});
  add_field(text, ";FS=", call.fs, 3);
  add_field(text, ";MQ=", call.mq, 2);
  add_field(text, ";MQRankSum=", call.mq_rank_sum, 3);
  add_field(text, ";QD=", call.qd, 2);
  text += ";RAW_MQandDP=";
  add(text, static_cast<int64_t>(call.mq_squares));
  text += ',';
  add(text, int64_t{call.mq_reads});
  add_field(text, ";ReadPosRankSum=", call.read_position_rank_sum, 3);
  add_field(text, ";SOR=", call.sor, 3);
}

void add_call(Writer& writer, const Call& call) {
  std::string& text = writer.text;
  add_place(text, writer.chunk, call.pos);
  add(text, call.reference);
  text += '\t';
  for (const Bases& alternate : call.alternates) {
    if (alternate.empty()) text += '*';
    add(text, alternate);
    text += ',';
  }
  text += "<NON_REF>\t";
  add_qual(text, call.qual);
  text += "\t.\t";
  add_info(text, call);
  text += "\tGT:AD:DP:GQ:PL:SB\t";
  add_all(text, call.genotype, '/');
  text += ':';
  add_all(text, call.allele_depths, ',');
  text += ':';
  int64_t informative = 0;
  for (const uint32_t reads : call.allele_depths) informative += reads;
  add(text, informative);
  text += ':';
  add(text, int64_t{call.gq});
  text += ':';
  add_all(text, call.pl, ',');
  text += ':';
  add_all(text, call.strands, ',');
  text += '\n';
}

// --- blocks

// PL of an indel that was not seen, by the number of reads that would have shown it.
std::vector<Confidence> indel_confidences(int copies, const Settings& settings) {
  const double right = std::log10(1 - std::pow(10, settings.indel_error));
  const std::array<double, 3> of_read{
      right, copies == 1 ? settings.indel_error : std::log10(0.5), settings.indel_error};
  std::vector<Confidence> found;
  for (uint32_t reads = 0; reads <= settings.most_indel_reads; reads++) {
    Confidence one;
    for (size_t i = 0; i < 3; i++) one.pl[i] = phred(reads * (of_read[i] - right));
    one.margin = reads * (right - std::max(of_read[1], of_read[2]));
    found.push_back(one);
  }
  return found;
}

// PL at a position: of another base or of an indel, whichever is the less sure. No genotype is
// likelier than the reference here, since a block says that there is only that.
BlockPl confidence(const Pileup& pileup, size_t i, int copies,
                   const std::vector<Confidence>& indels) {
  const double reference = pileup.reference[i];
  const double alternate = std::max(0.0, reference - pileup.alternate[i]);
  const double half = std::max(0.0, reference - pileup.heterozygous[i]);
  const Confidence& indel = indels[std::min<size_t>(pileup.indel_reads[i], indels.size() - 1)];
  if (indel.margin < (copies == 1 ? alternate : std::min(half, alternate))) return indel.pl;
  if (copies == 1) return {0, phred(-alternate), 0};
  return {0, phred(-half), phred(-alternate)};
}

uint32_t median(std::vector<uint16_t>& values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), half, values.end());
  if (values.size() % 2) return *half;
  const uint32_t below = *std::max_element(values.begin(), half);
  return (below + *half + 1u) / 2;
}

void add_block(Writer& writer, Pos start, Pos end, const BlockPl& pl, int copies) {
  const auto depths = writer.pileup.depth.begin() + (start - writer.pileup.first);
  writer.depths.assign(depths, depths + (end - start));
  const uint16_t least = *std::min_element(writer.depths.begin(), writer.depths.end());
  std::string& text = writer.text;
  add_place(text, writer.chunk, start);
  text += "ACGTN"[std::min(writer.chunk.base_at(start), kN)];
  text += "\t<NON_REF>\t.\t.\tEND=";
  add(text, int64_t{end});
  text += copies == 1 ? "\tGT:DP:GQ:MIN_DP:PL\t0:" : "\tGT:DP:GQ:MIN_DP:PL\t0/0:";
  add(text, int64_t{median(writer.depths)});
  text += ':';
  add(text, int64_t{quality(pl, copies)});
  text += ':';
  add(text, int64_t{least});
  text += ":0,";
  add(text, int64_t{pl[1]});
  if (copies == 2) {
    text += ',';
    add(text, int64_t{pl[2]});
  }
  text += '\n';
}

// Blocks of [start, end): runs of positions whose GQ is in the same band.
void add_blocks(Writer& writer, Pos start, Pos end, int copies,
                const std::vector<Confidence>& indels) {
  std::array<int, kBestQuality + 1> band_of{};
  for (int gq = 0; gq <= kBestQuality; gq++) {
    for (const int least : writer.bands) band_of[static_cast<size_t>(gq)] += least <= gq;
  }
  Pos first = start;
  int band = -1;
  BlockPl least{};
  for (Pos pos = start; pos < end; pos++) {
    const auto i = static_cast<size_t>(pos - writer.pileup.first);
    const BlockPl pl = confidence(writer.pileup, i, copies, indels);
    const int own = band_of[static_cast<size_t>(quality(pl, copies))];
    if (own == band) {
      for (size_t k = 0; k < 3; k++) least[k] = std::min(least[k], pl[k]);
      continue;
    }
    if (band >= 0) add_block(writer, first, pos, least, copies);
    first = pos;
    band = own;
    least = pl;
  }
  if (band >= 0) add_block(writer, first, end, least, copies);
}

void check(const Chunk& chunk, const Pileup& pileup, const Interval& interval) {
  const std::string place = chunk.contig + ":" + std::to_string(interval.start + 1);
  if (interval.copies != 1 && interval.copies != 2) {
    throw std::runtime_error(place + ": blocks can be written for 1 or 2 copies, not for " +
                             std::to_string(interval.copies));
  }
  if (interval.start < pileup.first || interval.end > pileup.last) {
    throw std::runtime_error(place + ": an interval that reaches out of the pileup");
  }
}

}  // namespace

std::string write_records(const Chunk& chunk, const Pileup& pileup, const std::vector<Call>& calls,
                          const std::vector<int>& bands, const Settings& settings) {
  Writer writer{chunk, pileup, bands, settings, {}, {}};
  const std::array<std::vector<Confidence>, 2> indels{indel_confidences(1, settings),
                                                      indel_confidences(2, settings)};
  size_t next = 0;
  Pos covered = chunk.start;
  for (Interval interval : chunk.intervals) {
    interval.start = std::max(interval.start, chunk.start);
    interval.end = std::min(interval.end, chunk.end);
    if (interval.start >= interval.end) continue;
    check(chunk, pileup, interval);
    const auto& own = indels[static_cast<size_t>(interval.copies - 1)];
    // A deletion may reach from one interval into the next.
    covered = std::max(covered, interval.start);
    while (next < calls.size() && calls[next].pos < interval.start) next++;
    for (; next < calls.size() && calls[next].pos < interval.end; next++) {
      const Call& call = calls[next];
      add_blocks(writer, covered, call.pos, interval.copies, own);
      add_call(writer, call);
      covered = std::max(covered, call.pos + static_cast<Pos>(call.reference.size()));
    }
    add_blocks(writer, covered, interval.end, interval.copies, own);
    covered = std::max(covered, interval.end);
  }
  return std::move(writer.text);
}

}  // namespace schelde
