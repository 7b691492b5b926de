// Rows of the pair-HMM: what GATK's PairHMMLikelihoodCalculationEngine makes of a read's qualities.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "steps.h"

namespace schelde {
namespace {

constexpr uint8_t kUnusable = 6;  // QualityUtils.MIN_USABLE_Q_SCORE
// PairHMMLikelihoodCalculationEngine: MAX_STR_UNIT_LENGTH, MAX_REPEAT_LENGTH, INITIAL_QSCORE,
// MIN_ADJUSTED_QSCORE.
constexpr uint32_t kLongestUnit = 8;
constexpr uint32_t kMostRepeats = 20;
constexpr double kInitialQuality = 40;
constexpr double kLeastQuality = 10;

using Penalties = std::array<uint8_t, kMostRepeats + 1>;

// Copies of the unit with which the bases before `end` close.
uint32_t copies_before(const uint8_t* bases, uint32_t end, const uint8_t* unit, uint32_t length) {
  uint32_t copies = 0;
  for (; end >= length && !std::memcmp(bases + end - length, unit, length); end -= length) ++copies;
  return copies;
}

// Copies of the unit with which the bases from `begin` on open.
uint32_t copies_after(const uint8_t* bases, uint32_t begin, uint32_t size, const uint8_t* unit,
                      uint32_t length) {
  uint32_t copies = 0;
  for (; begin + length <= size && !std::memcmp(bases + begin, unit, length); begin += length) {
    ++copies;
  }
  return copies;
}

// How often the short repeat between a base and the next one is there. The shortest unit that is
// there twice counts, behind the base and, if that is another one, ahead of it; see GATK's
// findTandemRepeatUnits, of which each oddity is kept: it decides which gaps are cheap.
uint32_t repeats_at(const uint8_t* bases, uint32_t size, uint32_t place) {
  const uint32_t next = place + 1;
  uint32_t behind = 1, behind_unit = 1;
  for (uint32_t unit = 1; unit <= kLongestUnit && unit <= next; ++unit) {
    const uint32_t copies = copies_before(bases, next, bases + next - unit, unit);
    if (copies > 1) {
      behind = copies;
      behind_unit = unit;
      break;
    }
  }
  uint32_t ahead = 1, ahead_unit = 1;
  for (uint32_t unit = 1; unit <= kLongestUnit && next + unit <= size; ++unit) {
    const uint32_t copies = copies_after(bases, next, size, bases + next, unit);
    if (copies > 1) {
      ahead = copies;
      ahead_unit = unit;
      break;
    }
  }
  const bool same = behind_unit == ahead_unit &&
                    !std::memcmp(bases + next - behind_unit, bases + next, ahead_unit);
  if (!same) behind = copies_before(bases, next, bases + next, ahead_unit);
  return std::min(behind + ahead, kMostRepeats);
}

// Phred of opening a gap by the number of repeats; PCR makes more of them in longer ones.
Penalties penalties_of(const Settings& settings) {
  Penalties penalties;
  penalties.fill(settings.gap_opening);
  if (settings.pcr_factor <= 0) return penalties;
  for (uint32_t repeats = 0; repeats <= kMostRepeats; ++repeats) {
    const double worse = std::exp(repeats / (settings.pcr_factor * M_PI));
    const double quality = std::max(kLeastQuality, std::round(kInitialQuality - worse + 1));
    penalties[repeats] = std::min(settings.gap_opening, static_cast<uint8_t>(quality));
  }
  return penalties;
}

void add_rows(const Chunk& chunk, const RegionRead& part, const Penalties& penalties,
              const Settings& settings, Batch& batch) {
  const Read& read = chunk.reads[part.read];
  const uint8_t* bases = chunk.bases.data() + read.offset + part.from;
  const uint8_t* quals = chunk.quals.data() + read.offset + part.from;
  const uint32_t size = part.to - part.from;
  batch.bases.append(bases, size);
  for (uint32_t i = 0; i < size; ++i) {
    const uint8_t quality = std::min(quals[i], read.mapq);
    batch.quals.push_back(quality < settings.usable_base_quality ? kUnusable : quality);
    // After the last base of a read no repeat is looked for.
    const bool last = i + 1 == size;
    const uint8_t penalty = last ? settings.gap_opening : penalties[repeats_at(bases, size, i)];
    batch.insertion.push_back(penalty);
    batch.deletion.push_back(penalty);
  }
}

uint32_t offset_of(const Bases& bases) {
  if (bases.size() > UINT32_MAX) throw std::runtime_error("pair-HMM: a chunk has too many reads");
  return static_cast<uint32_t>(bases.size());
}

}  // namespace

void add_pairs(const Chunk& chunk, Region& region, Batch& batch, const Settings& settings) {
  const Penalties penalties = penalties_of(settings);
  region.first_pair = batch.pairs.size();
  std::vector<Pair> haplotypes;
  for (const Haplotype& haplotype : region.haplotypes) {
    const uint32_t length = static_cast<uint32_t>(haplotype.bases.size());
    haplotypes.push_back({0, 0, offset_of(batch.haplotypes), length});
    batch.haplotypes += haplotype.bases;
  }
  for (const RegionRead& part : region.reads) {
    const uint32_t offset = offset_of(batch.bases);
    add_rows(chunk, part, penalties, settings, batch);
    for (Pair pair : haplotypes) {
      pair.read_offset = offset;
      pair.read_length = part.to - part.from;
      batch.pairs.push_back(pair);
    }
  }
}

}  // namespace schelde
