#include "kmers.h"

#include <algorithm>
#include <cstring>

namespace schelde {
namespace {

// Ends are joined where they have as many bases in common.
constexpr uint32_t kLeastOverlap = 12;

uint64_t hash_of(const uint8_t* kmer, uint32_t k) {
  uint64_t hash = 0;
  for (uint32_t i = 0; i < k; ++i) hash = hash * 0x9E3779B97F4A7C15u + kmer[i] + 1;
  return hash ^ (hash >> 29);
}

std::vector<uint32_t> counts_before(const std::vector<Node>& nodes) {
  std::vector<uint32_t> before(nodes.size(), 0);
  for (const Node& node : nodes) {
    for (const Edge& edge : node.next) {
      if (edge.to != kNone) ++before[edge.to];
    }
  }
  return before;
}

uint32_t count_after(const Node& node) {
  uint32_t count = 0;
  for (const Edge& edge : node.next) count += edge.to != kNone;
  return count;
}

uint32_t only_base(const Node& node) {
  uint32_t base = 0;
  while (node.next[base].to == kNone) ++base;
  return base;
}

// For nodes that are not on the reference: the last place of the reference from which they are
// reached (`onward`), or the first one that they reach; -1 if there is none.
std::vector<int32_t> places(const std::vector<Node>& nodes, bool onward) {
  std::vector<std::vector<uint32_t>> links(nodes.size());
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    for (const Edge& edge : nodes[i].next) {
      if (edge.to == kNone) continue;
      onward ? links[i].push_back(edge.to) : links[edge.to].push_back(i);
    }
  }
  std::vector<uint32_t> starts;
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].reference >= 0) starts.push_back(i);
  }
  std::sort(starts.begin(), starts.end(), [&](uint32_t a, uint32_t b) {
    return onward ? nodes[a].reference > nodes[b].reference
                  : nodes[a].reference < nodes[b].reference;
  });
  std::vector<int32_t> place(nodes.size(), -1);
  std::vector<uint32_t> stack;
  for (const uint32_t start : starts) {
    stack.push_back(start);
    while (!stack.empty()) {
      const uint32_t node = stack.back();
      stack.pop_back();
      for (const uint32_t to : links[node]) {
        if (nodes[to].reference >= 0 || place[to] >= 0) continue;
        place[to] = nodes[start].reference;
        stack.push_back(to);
      }
    }
  }
  return place;
}

// Where `length` bases are found on the reference, just once within [from, to); -1 otherwise.
int32_t only_place(const Bases& reference, const uint8_t* bases, uint32_t length, int32_t from,
                   int32_t to) {
  int32_t found = -1;
  for (int32_t at = from; at + static_cast<int32_t>(length) <= to; ++at) {
    if (std::memcmp(reference.data() + at, bases, length) != 0) continue;
    if (found >= 0) return -1;
    found = at;
  }
  return found;
}

}  // namespace

uint32_t Graph::node_of(const uint8_t* kmer) {
  const size_t mask = table_.size() - 1;
  size_t place = hash_of(kmer, k) & mask;
  while (table_[place] != kNone) {
    if (std::memcmp(nodes[table_[place]].kmer, kmer, k) == 0) return table_[place];
    place = (place + 1) & mask;
  }
  table_[place] = static_cast<uint32_t>(nodes.size());
  nodes.push_back({kmer, -1, {}});
  return table_[place];
}

void Graph::thread(const Stretch& stretch) {
  if (stretch.length <= k) return;
  uint32_t node = node_of(stretch.bases);
  for (uint32_t i = k; i < stretch.length; ++i) {
    const uint8_t base = stretch.bases[i];
    if (nodes[node].next[base].to == kNone) {
      const uint32_t to = node_of(stretch.bases + i + 1 - k);
      nodes[node].next[base].to = to;
    }
    Edge& edge = nodes[node].next[base];
    if (edge.last_fragment != stretch.fragment) ++edge.fragments;
    edge.last_fragment = stretch.fragment;
    node = edge.to;
  }
}

bool Graph::build(uint32_t length, const Bases& reference, const std::vector<Stretch>& stretches) {
  k = length;
  size_t total = reference.size();
  for (const Stretch& stretch : stretches) total += stretch.length;
  size_t size = 64;
  while (size < 2 * total) size *= 2;
  table_.assign(size, kNone);
  nodes.clear();
  nodes.reserve(total / 4);
  for (size_t i = 0; i + k <= reference.size(); ++i) {
    const uint32_t node = node_of(reference.data() + i);
    if (nodes[node].reference >= 0) return false;
    nodes[node].reference = static_cast<int32_t>(i + k - 1);
    if (i == 0) continue;
    Edge& edge = nodes[node - 1].next[reference[i + k - 1]];
    edge.to = node;
    edge.reference = true;
  }
  sink = static_cast<uint32_t>(nodes.size() - 1);
  for (const Stretch& stretch : stretches) thread(stretch);
  return true;
}

void Graph::prune(uint32_t least) {
  const std::vector<uint32_t> before = counts_before(nodes);
  const auto inner = [&](uint32_t node) {
    return nodes[node].reference < 0 && before[node] == 1 && count_after(nodes[node]) == 1;
  };
  std::vector<Edge*> weak;
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    if (inner(i)) continue;
    for (Edge& first : nodes[i].next) {
      if (first.to == kNone || first.reference) continue;
      uint32_t most = first.fragments;
      std::vector<Edge*> chain{&first};
      while (inner(chain.back()->to)) {
        Node& node = nodes[chain.back()->to];
        chain.push_back(&node.next[only_base(node)]);
        most = std::max(most, chain.back()->fragments);
      }
      if (most < least) weak.insert(weak.end(), chain.begin(), chain.end());
    }
  }
  for (Edge* edge : weak) edge->to = kNone;
}

Graph::Ends Graph::loose_ends(const Bases& reference) const {
  Ends ends{{}, {}, places(nodes, true), places(nodes, false), {}};
  ends.at.assign(reference.size(), kNone);
  const std::vector<uint32_t> before = counts_before(nodes);
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].reference >= 0) {
      ends.at[static_cast<size_t>(nodes[i].reference)] = i;
    } else if (ends.left[i] >= 0 && count_after(nodes[i]) == 0) {
      ends.tails.push_back(i);
    } else if (ends.right[i] >= 0 && before[i] == 0) {
      ends.heads.push_back(i);
    }
  }
  // The numbers of nodes depend on the order of reads.
  const auto by_kmer = [&](uint32_t a, uint32_t b) {
    return std::memcmp(nodes[a].kmer, nodes[b].kmer, k) < 0;
  };
  std::sort(ends.tails.begin(), ends.tails.end(), by_kmer);
  std::sort(ends.heads.begin(), ends.heads.end(), by_kmer);
  return ends;
}

void Graph::join(uint32_t from, uint32_t to, uint32_t common, uint32_t fragments) {
  const uint8_t* kmer = nodes[to].kmer;
  for (uint32_t i = common; i < k; ++i) {
    if (nodes[from].next[kmer[i]].to != kNone) return;
    uint32_t next = to;
    if (i + 1 < k) {
      next = static_cast<uint32_t>(nodes.size());
      nodes.push_back({nullptr, -1, {}});
    }
    Edge& edge = nodes[from].next[kmer[i]];
    edge.to = next;
    edge.fragments = fragments;
    from = next;
  }
}

void Graph::join_tail(const Ends& ends, uint32_t tail, uint32_t fragments,
                      const Bases& reference) {
  const int32_t left = ends.left[tail];
  for (uint32_t common = k - 1; common >= kLeastOverlap; --common) {
    const uint8_t* suffix = nodes[tail].kmer + k - common;
    bool joined = false;
    for (const uint32_t head : ends.heads) {
      if (ends.right[head] <= left) continue;
      if (std::memcmp(suffix, nodes[head].kmer, common) != 0) continue;
      join(tail, head, common, fragments);
      joined = true;
    }
    if (joined) return;
    const int32_t size = static_cast<int32_t>(reference.size());
    const int32_t place = only_place(reference, suffix, common, left + 1, size - 1);
    if (place < 0) continue;
    const size_t next = static_cast<size_t>(place) + common;
    if (ends.at[next] == kNone) continue;
    Edge& edge = nodes[tail].next[reference[next]];
    edge.to = ends.at[next];
    edge.fragments = fragments;
    return;
  }
}

void Graph::join_head(const Ends& ends, uint32_t head, uint32_t fragments,
                      const Bases& reference) {
  for (uint32_t common = k - 1; common >= kLeastOverlap; --common) {
    const int32_t place =
        only_place(reference, nodes[head].kmer, common, 0, ends.right[head]);
    if (place < 0) continue;
    const uint32_t from = ends.at[static_cast<size_t>(place) + common - 1];
    if (from != kNone) join(from, head, common, fragments);
    return;
  }
}

void Graph::clean(uint32_t least, const Bases& reference) {
  prune(least);
  const Ends ends = loose_ends(reference);
  for (const uint32_t tail : ends.tails) join_tail(ends, tail, least, reference);
  for (const uint32_t head : ends.heads) join_head(ends, head, least, reference);
}

std::vector<uint32_t> Graph::in_order() const {
  // Depth first from the first node; what reaches the last one is kept, the last one left first.
  enum : uint8_t { kNew, kOpen, kUseless, kUseful };
  std::vector<uint8_t> state(nodes.size(), kNew);
  std::vector<std::pair<uint32_t, uint32_t>> stack{{0, 0}};
  std::vector<uint32_t> order;
  std::vector<uint32_t> again;  // reached once more on a way from themselves
  std::vector<uint8_t> useful(nodes.size(), 0);
  useful[sink] = 1;
  state[0] = kOpen;
  while (!stack.empty()) {
    const uint32_t node = stack.back().first;
    if (stack.back().second == 4) {
      state[node] = useful[node] ? kUseful : kUseless;
      if (useful[node]) order.push_back(node);
      stack.pop_back();
      if (!stack.empty() && useful[node]) useful[stack.back().first] = 1;
      continue;
    }
    const uint32_t to = nodes[node].next[stack.back().second++].to;
    if (to == kNone) continue;
    if (state[to] == kOpen) again.push_back(to);
    if (state[to] == kUseful) useful[node] = 1;
    if (state[to] != kNew) continue;
    state[to] = kOpen;
    stack.push_back({to, 0});
  }
  for (const uint32_t node : again) {
    if (useful[node]) return {};
  }
  std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace schelde
