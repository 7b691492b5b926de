// Reader: deals the records of a BAM out to the chunks that need them.
#include <algorithm>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "bam.h"
#include "decode.h"
#include "steps.h"

namespace schelde {
namespace {

// The same on every machine; the mixing is that of SplitMix64, so that names that differ in their
// last letter only are far apart.
uint64_t hash_of(std::string_view name, uint16_t flag) {
  const auto mixed = [](uint64_t hash) {
    hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
    return hash ^ (hash >> 31);
  };
  uint64_t hash = mixed(name.size() << 16 | flag);
  for (size_t at = 0; at < name.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, name.data() + at, std::min<size_t>(8, name.size() - at));
    hash = mixed(hash + word);
  }
  return hash;
}

// A record kept until all that begin where it does are known.
struct Kept {
  uint64_t hash;
  std::vector<uint8_t> bytes;
  BamRecord record;  // points into `bytes`
};

// By content, so that the order in which records come does not matter.
bool in_order(const Kept& a, const Kept& b) {
  if (a.record.name != b.record.name) return a.record.name < b.record.name;
  if (a.record.flag != b.record.flag) return a.record.flag < b.record.flag;
  return a.bytes < b.bytes;
}

bool chosen_first(const Kept& a, const Kept& b) {
  return a.hash != b.hash ? a.hash < b.hash : in_order(a, b);
}

// A chunk whose reads are being gathered; `names` of its reads, one after the other.
struct Gathering {
  std::unique_ptr<Chunk> chunk;
  int32_t contig;
  std::string names;
  std::vector<size_t> name_ends;

  std::string_view name(size_t read) const {
    const size_t begin = read ? name_ends[read - 1] : 0;
    return {names.data() + begin, name_ends[read] - begin};
  }
};

// Numbers the fragments in the order of their first reads: mates have the same name. A read without
// a name (`*`, SAM specification, section 1.4) is a fragment of its own.
void join_mates(Gathering& gathering) {
  constexpr uint32_t kFree = UINT32_MAX;
  std::vector<Read>& reads = gathering.chunk->reads;
  size_t slots = 16;
  while (slots < 2 * reads.size()) slots *= 2;
  std::vector<uint32_t> table(slots, kFree);  // first read of each fragment
  uint32_t fragments = 0;
  for (size_t i = 0; i < reads.size(); i++) {
    const std::string_view name = gathering.name(i);
    if (name == "*") {
      reads[i].fragment = fragments++;
      continue;
    }
    size_t slot = hash_of(name, 0) & (slots - 1);
    while (table[slot] != kFree && gathering.name(table[slot]) != name)
      slot = (slot + 1) & (slots - 1);
    if (table[slot] == kFree) {
      table[slot] = static_cast<uint32_t>(i);
      reads[i].fragment = fragments++;
    } else {
      reads[i].fragment = reads[table[slot]].fragment;
    }
  }
}

// Places of the plans' contigs in the header. Throws std::runtime_error if a contig is not there or
// too short, or if the plans are not in the header's order.
std::vector<int32_t> contigs_of(const std::vector<ChunkPlan>& plans, const BamStream& stream) {
  const auto& names = stream.contigs();
  std::vector<int32_t> places;
  for (size_t i = 0; i < plans.size(); i++) {
    const auto found = std::find(names.begin(), names.end(), plans[i].contig);
    if (found == names.end())
      throw std::runtime_error("contig " + plans[i].contig + " is not in the alignments' header");
    places.push_back(static_cast<int32_t>(found - names.begin()));
    if (plans[i].last > stream.lengths()[static_cast<size_t>(places[i])])
      throw std::runtime_error("contig " + plans[i].contig + " is shorter in the alignments");
    if (i && std::make_pair(places[i], plans[i].first) <
                 std::make_pair(places[i - 1], plans[i - 1].first))
      throw std::runtime_error("chunks are not in the order of the alignments' contigs");
  }
  return places;
}

}  // namespace

struct Reader::State {
  BamStream stream;
  std::vector<ChunkPlan> plans;
  std::vector<int32_t> plan_contigs;
  Settings settings;
  size_t opened = 0;                 // plans before it have been begun
  std::deque<Gathering> gatherings;  // chunks begun and not given yet, in order
  std::vector<Kept> kept;            // usable records that begin at (contig, start) ...
  size_t kept_count = 0;             // ... so many; what is behind them is memory to use again
  int32_t contig = 0;
  Pos start = 0;
  bool ended = false;
  size_t bases_before = 0, reads_before = 0;  // of the last chunk given

  State(int descriptor, std::vector<ChunkPlan> given, const Settings& constants)
      : stream(descriptor),
        plans(std::move(given)),
        plan_contigs(contigs_of(plans, stream)),
        settings(constants) {}

  void read_on();
  void keep(const uint8_t* bytes, size_t size);
  void choose();
  void deal();
  void open(size_t plan);
  bool complete(const Gathering& gathering) const;
  std::unique_ptr<Chunk> give();
};

// Reads until the first chunk is complete or the stream ends.
void Reader::State::read_on() {
  const uint8_t* bytes;
  size_t size;
  while (stream.next(&bytes, &size)) {
    const BamRecord record = parse_record(bytes, size);
    if (record.contig < 0) {
      // Reads that are nowhere stand at the end.
      contig = INT32_MAX;
      continue;
    }
    if (static_cast<size_t>(record.contig) >= stream.contigs().size() || record.start < 0)
      refuse(record, "its place is not in the header's contigs");
    const bool new_place = record.contig != contig || record.start != start;
    if (new_place) {
      if (std::make_pair(record.contig, record.start) < std::make_pair(contig, start))
        refuse(record, "it is not in the order of positions");
      deal();
      contig = record.contig;
      start = record.start;
    }
    const bool mapped_well = record.mapq >= settings.least_mapq && record.mapq != kNoMapq;
    if (!(record.flag & kUnusableFlags) && mapped_well) keep(bytes, size);
    if (new_place && !gatherings.empty() && complete(gatherings.front())) return;
  }
  deal();
  ended = true;
}

void Reader::State::keep(const uint8_t* bytes, size_t size) {
  // More than this are never held, however many begin at one place.
  if (kept_count == 2 * size_t{settings.reads_per_start}) choose();
  if (kept_count == kept.size()) kept.emplace_back();
  Kept& place = kept[kept_count++];
  place.bytes.assign(bytes, bytes + size);
  place.record = parse_record(place.bytes.data(), size);
}

// Leaves as many of the records kept as may begin at one place. Moving a vector leaves its bytes
// where they are, so that the records still point at them.
void Reader::State::choose() {
  if (kept_count <= settings.reads_per_start) return;
  const auto end = kept.begin() + static_cast<std::ptrdiff_t>(kept_count);
  for (auto it = kept.begin(); it != end; ++it)
    it->hash = hash_of(it->record.name, it->record.flag);
  kept_count = settings.reads_per_start;
  std::nth_element(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(kept_count), end,
                   chosen_first);
}

// Gives the records kept to all chunks that they overlap.
void Reader::State::deal() {
  choose();
  const auto end = kept.begin() + static_cast<std::ptrdiff_t>(kept_count);
  if (kept_count > 1) std::sort(kept.begin(), end, in_order);
  for (auto it = kept.begin(); it != end; ++it) {
    const BamRecord& record = it->record;
    const Pos read_end = record.end();
    while (opened < plans.size() && std::make_pair(plan_contigs[opened], plans[opened].first) <
                                        std::make_pair(record.contig, read_end))
      open(opened++);
    for (Gathering& gathering : gatherings) {
      Chunk& chunk = *gathering.chunk;
      if (gathering.contig != record.contig || chunk.first >= read_end ||
          chunk.last <= record.start ||
          !append_read(record, stream.lengths()[static_cast<size_t>(record.contig)], chunk))
        continue;
      gathering.names.append(record.name);
      gathering.name_ends.push_back(gathering.names.size());
    }
  }
  kept_count = 0;
}

void Reader::State::open(size_t plan) {
  auto chunk = std::make_unique<Chunk>(std::move(plans[plan]));
  // As much memory as the last one took, for they are much alike.
  chunk->bases.reserve(bases_before + bases_before / 8);
  chunk->quals.reserve(bases_before + bases_before / 8);
  chunk->reads.reserve(reads_before + reads_before / 8);
  gatherings.push_back({std::move(chunk), plan_contigs[plan], {}, {}});
}

bool Reader::State::complete(const Gathering& gathering) const {
  return ended || gathering.contig < contig ||
         (gathering.contig == contig && gathering.chunk->last <= start);
}

std::unique_ptr<Chunk> Reader::State::give() {
  Gathering gathering = std::move(gatherings.front());
  gatherings.pop_front();
  join_mates(gathering);
  bases_before = gathering.chunk->bases.size();
  reads_before = gathering.chunk->reads.size();
  prepare_reads(*gathering.chunk, settings);
  return std::move(gathering.chunk);
}

Reader::Reader(int descriptor, std::vector<ChunkPlan> plans, const Settings& settings)
    : state_(std::make_unique<State>(descriptor, std::move(plans), settings)) {}

Reader::~Reader() = default;

std::unique_ptr<Chunk> Reader::next() {
  State& state = *state_;
  while (true) {
    if (!state.gatherings.empty() && state.complete(state.gatherings.front())) return state.give();
    if (!state.ended) {
      state.read_on();
    } else if (state.opened < state.plans.size()) {
      state.open(state.opened++);
    } else {
      return nullptr;
    }
  }
}

}  // namespace schelde
