#include "assembly.h"

#include <algorithm>
#include <cmath>

#include "kmers.h"

namespace schelde {
namespace {

// k grows by this, up to that (GATK: by 10, at most six times).
constexpr uint32_t kStep = 10;
constexpr uint32_t kLongest = 95;
// A chain of k-mers is an error if fewer fragments show it than this part of all that are there.
constexpr double kLeastPart = 0.025;

// A way from the first node to another.
struct Way {
  int64_t score;       // sum over forks of log10 of the part of fragments that go here, in 1e-6
  uint32_t fragments;  // least number on the way, off the reference
  uint32_t node;       // the last one
  uint32_t before;     // in `ways`; kNone: this is the first node
};

class Ways {
 public:
  Ways(const Graph& graph, size_t most) : graph_(graph), most_(most) {}

  std::vector<Assembled> find(const std::vector<uint32_t>& order) {
    useful_.assign(graph_.nodes.size(), 0);
    at_.assign(graph_.nodes.size(), {});
    for (const uint32_t node : order) useful_[node] = 1;
    ways_.push_back({0, kNone, 0, kNone});
    at_[0].push_back(0);
    for (const uint32_t node : order) leave(node);
    std::vector<Assembled> found;
    for (const uint32_t way : at_[graph_.sink]) {
      found.push_back({spelled(way), ways_[way].fragments});
    }
    return found;
  }

 private:
  void leave(uint32_t node) {
    keep_best(at_[node]);
    uint64_t total = 0;
    uint32_t ahead = 0;
    for (const Edge& edge : graph_.nodes[node].next) {
      if (edge.to == kNone || !useful_[edge.to]) continue;
      total += std::max(edge.fragments, 1u);
      ++ahead;
    }
    for (const Edge& edge : graph_.nodes[node].next) {
      if (edge.to == kNone || !useful_[edge.to]) continue;
      const double part = std::max(edge.fragments, 1u) / static_cast<double>(total);
      const int64_t cost = ahead == 1 ? 0 : std::llround(1e6 * std::log10(part));
      for (const uint32_t way : at_[node]) {
        at_[edge.to].push_back(static_cast<uint32_t>(ways_.size()));
        const uint32_t least = edge.reference ? kNone : edge.fragments;
        ways_.push_back({ways_[way].score + cost, std::min(ways_[way].fragments, least), edge.to,
                         way});
      }
    }
  }

  void keep_best(std::vector<uint32_t>& ways) const {
    const auto from = [&](uint32_t way) { return ways_[ways_[way].before].node; };
    if (ways.size() < 2 || from(ways.front()) == from(ways.back())) return;  // they are in order
    std::sort(ways.begin(), ways.end(), [&](uint32_t a, uint32_t b) {
      if (ways_[a].score != ways_[b].score) return ways_[a].score > ways_[b].score;
      if (ways_[a].fragments != ways_[b].fragments) return ways_[a].fragments > ways_[b].fragments;
      return a != b && spelled(a) < spelled(b);
    });
    if (ways.size() > most_) ways.resize(most_);
  }

  Bases spelled(uint32_t way) const {
    Bases bases;
    for (uint32_t at = way; ways_[at].before != kNone; at = ways_[at].before) {
      const Node& before = graph_.nodes[ways_[ways_[at].before].node];
      uint8_t base = 0;
      while (before.next[base].to != ways_[at].node) ++base;
      bases.push_back(base);
    }
    std::reverse(bases.begin(), bases.end());
    return Bases(graph_.nodes[0].kmer, graph_.k) + bases;
  }

  const Graph& graph_;
  size_t most_;
  std::vector<uint8_t> useful_;
  std::vector<Way> ways_;
  std::vector<std::vector<uint32_t>> at_;  // ways that end at a node
};

}  // namespace

std::vector<Assembled> assemble(const Bases& reference, const std::vector<Stretch>& stretches,
                                const Settings& settings) {
  if (reference.find(kN) != Bases::npos) return {};
  size_t bases = 0;
  for (const Stretch& stretch : stretches) bases += stretch.length;
  const double depth = static_cast<double>(bases) / static_cast<double>(reference.size() + 1);
  const uint32_t least =
      std::max(settings.least_reads, static_cast<uint32_t>(std::lround(kLeastPart * depth)));
  Graph graph;
  for (uint32_t k = settings.kmer; k <= kLongest && k < reference.size(); k += kStep) {
    if (!graph.build(k, reference, stretches)) continue;
    graph.clean(least, reference);
    const std::vector<uint32_t> order = graph.in_order();
    if (order.empty()) continue;
    return Ways(graph, settings.most_haplotypes).find(order);
  }
  return {};
}

}  // namespace schelde
