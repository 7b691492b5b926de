// Annotations as GATK 4.6 defines them; each function names the class there.
#include "annotate.h"

#include <algorithm>
#include <cmath>

namespace schelde {

namespace {

// FisherStrand: bigger tables are made as small as this, and a p-value is no less than that.
constexpr uint32_t kTable = 200;
constexpr double kLeastProbability = 1e-320;
// FisherExactTest: tables whose log-probability is this much greater still count as as rare.
constexpr double kAsRare = 1 - 10e-7;

std::vector<double> log_factorials() {
  std::vector<double> logs{0};
  for (uint32_t n = 1; n <= 2 * kTable; n++) logs.push_back(logs.back() + std::log(n));
  return logs;
}

Strands smaller(const Strands& strands) {
  const uint32_t sum = strands[0] + strands[1] + strands[2] + strands[3];
  if (sum <= 2 * kTable) return strands;
  const double factor = sum / static_cast<double>(kTable);
  Strands table;
  for (size_t i = 0; i < table.size(); i++) table[i] = static_cast<uint32_t>(strands[i] / factor);
  return table;
}

// FisherExactTest.twoSidedPValue.
double two_sided(const Strands& t) {
  static const std::vector<double> logs = log_factorials();
  const uint32_t first = t[0] + t[1], second = t[2] + t[3], forward = t[0] + t[2];
  const uint32_t least = forward > second ? forward - second : 0;
  const uint32_t most = std::min(forward, first);
  if (least == most) return 1;
  const auto log_choose = [](uint32_t n, uint32_t k) { return logs[n] - logs[k] - logs[n - k]; };
  const auto log_probability = [&](uint32_t k) {
    return log_choose(first, k) + log_choose(second, forward - k) -
           log_choose(first + second, forward);
  };
  const double threshold = log_probability(t[0]) * kAsRare;
  double sum = 0;
  for (uint32_t k = least; k <= most; k++) {
    const double value = log_probability(k);
    if (value <= threshold) sum += std::exp(value);
  }
  return std::min(1.0, sum);
}

// Where a read has the base at a position: ReadUtils.getReadIndexForReferenceCoordinate. In a
// deletion it is the first base after it, with `deleted`.
struct Place {
  bool found = false, deleted = false;
  uint32_t base = 0;
};

Place place_of(const Chunk& chunk, const Evidence& evidence, Pos pos) {
  const Read& read = chunk.reads[evidence.read];
  const CigarOp* op = &chunk.cigars[read.cigar];
  const CigarOp* end = op + read.operations;
  Pos first = read.start;
  if (op != end && op->op == 'S') first -= op->length;
  Place place;
  for (uint32_t base = 0; op != end; op++) {
    const bool in_read = op->op != 'D' && op->op != 'N';
    if (op->op != 'I') {
      if (pos >= first && pos < first + op->length) {
        place.base = in_read ? base + static_cast<uint32_t>(pos - first) : base;
        place.deleted = !in_read;
        place.found = place.base >= evidence.from && place.base < evidence.to;
        return place;
      }
      first += op->length;
    }
    if (in_read) base += op->length;
  }
  return place;
}

// The allele that a read supports (AlleleLikelihoods.BestAllele), -1 where it could be either.
int supported(const double* values, size_t alleles, const Settings& settings) {
  const double* best = std::max_element(values, values + alleles);
  for (const double* value = values; value != values + alleles; value++) {
    if (value != best && *best - *value <= settings.informative) return -1;
  }
  return static_cast<int>(best - values);
}

// Values of the reads of the reference and of the others (RankSumTest).
struct Series {
  std::vector<double> alternate, reference;
  void add(double value, bool is_reference) {
    (is_reference ? reference : alternate).push_back(value);
  }
  double z() const { return rank_sum(alternate, reference); }
};

// MappingQualityRankSumTest, BaseQualityRankSumTest and ReadPosRankSumTest.
struct RankSums {
  Series mapq, quality, position;
};

// Whether a read begins with inserted bases, right after the call: these are the allele that it
// shows, at its very end.
bool begins_inserted(const Chunk& chunk, const Read& read, const Call& call) {
  const CigarOp* op = &chunk.cigars[read.cigar];
  const CigarOp* end = op + read.operations;
  if (op != end && op->op == 'S') op++;
  return op != end && op->op == 'I' &&
         read.start == call.pos + static_cast<Pos>(call.reference.size());
}

void compare(const Chunk& chunk, const Evidence& evidence, const Call& call, bool is_reference,
             RankSums& sums) {
  const Read& read = chunk.reads[evidence.read];
  if (read.mapq == 0 || read.mapq == 255) return;
  sums.mapq.add(read.mapq, is_reference);
  if (begins_inserted(chunk, read, call)) {
    sums.position.add(0, is_reference);
    return;
  }
  const Place place = place_of(chunk, evidence, call.pos);
  if (!place.found) return;
  if (!place.deleted) {
    sums.quality.add(chunk.quals[read.offset + place.base], is_reference);
  }
  sums.position.add(std::min(place.base, read.length - 1 - place.base), is_reference);
}

// QualByDepth. GATK replaces values above 35 by random ones around 30, so that its recalibration
// does not take them for outliers; here they stay, since the same reads are to give the same bytes.
double quality_by_depth(const Call& call) {
  const bool varies = std::any_of(call.genotype.begin(), call.genotype.end(),
                                  [](int allele) { return allele != 0; });
  uint32_t depth = 0;
  for (const uint32_t reads : call.allele_depths) depth += reads;
  if (depth == 0) depth = call.depth;
  return varies && depth > 0 ? call.qual / depth : NAN;
}

}  // namespace

double fisher_strand(const Strands& strands) {
  // FisherStrand.MIN_COUNT: two reads say nothing.
  if (strands[0] + strands[1] + strands[2] + strands[3] <= 2) return 0;
  const double probability = std::max(two_sided(smaller(strands)), kLeastProbability);
  return std::abs(-10 * std::log10(probability));
}

// StrandOddsRatio.calculateSOR.
double strand_odds_ratio(const Strands& strands) {
  const double rf = strands[0] + 1.0, rr = strands[1] + 1.0;
  const double af = strands[2] + 1.0, ar = strands[3] + 1.0;
  const double ratio = (rf / rr) * (ar / af) + (rr / rf) * (af / ar);
  const double reference = std::min(rf, rr) / std::max(rf, rr);
  const double alternate = std::min(af, ar) / std::max(af, ar);
  return std::log(ratio) + std::log(reference) - std::log(alternate);
}

void annotate(const Chunk& chunk, const ReadLikelihoods& reads,
              const AlleleLikelihoods& likelihoods, const Settings& settings, Call& call) {
  Strands strands{};
  RankSums sums;
  call.depth = call.mq_reads = static_cast<uint32_t>(likelihoods.reads.size());
  call.mq_squares = 0;
  call.allele_depths.assign(likelihoods.alleles, 0);
  for (size_t r = 0; r < likelihoods.reads.size(); r++) {
    const Evidence& evidence = reads.reads[likelihoods.reads[r]];
    const Read& read = chunk.reads[evidence.read];
    call.mq_squares += static_cast<double>(read.mapq) * read.mapq;
    const int allele =
        supported(&likelihoods.values[r * likelihoods.alleles], likelihoods.alleles, settings);
    if (allele < 0) continue;
    call.allele_depths[static_cast<size_t>(allele)]++;
    strands[(allele == 0 ? 0 : 2) + (read.reverse ? 1 : 0)]++;
    compare(chunk, evidence, call, allele == 0, sums);
  }
  call.strands.assign(strands.begin(), strands.end());
  call.fs = fisher_strand(strands);
  call.sor = strand_odds_ratio(strands);
  call.mq = call.mq_reads ? std::sqrt(call.mq_squares / call.mq_reads) : NAN;
  call.qd = quality_by_depth(call);
  call.mq_rank_sum = sums.mapq.z();
  call.base_quality_rank_sum = sums.quality.z();
  call.read_position_rank_sum = sums.position.z();
}

}  // namespace schelde
