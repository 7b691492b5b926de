// The graph of k-mers (de Bruijn) of a window.
#pragma once
#include <vector>

#include "assembly.h"

namespace schelde {

constexpr uint32_t kNone = ~uint32_t{0};

struct Edge {
  uint32_t to = kNone;
  uint32_t fragments = 0;       // that show it
  uint32_t last_fragment = kNone;
  bool reference = false;
};

// A k-mer and what follows it. What a way through the graph spells are the last bases of its nodes.
struct Node {
  const uint8_t* kmer;  // null where ends were joined
  int32_t reference;    // place on the reference of its last base; -1: not there
  Edge next[4];
};

struct Graph {
  uint32_t k;
  std::vector<Node> nodes;  // the first is the reference's first k-mer
  uint32_t sink;

  // False where a k-mer is twice on the reference.
  bool build(uint32_t length, const Bases& reference, const std::vector<Stretch>& stretches);
  // Takes away chains that no `least` fragments show, and leads loose ends back.
  void clean(uint32_t least, const Bases& reference);
  // Nodes on ways from first to last, none after its successors; empty if there is a cycle.
  std::vector<uint32_t> in_order() const;

 private:
  std::vector<uint32_t> table_;  // open addressing

  // Where chains begin or end off the reference (heads and tails, in order of their k-mers), as
  // reads are too few to close them.
  struct Ends {
    std::vector<uint32_t> tails, heads;
    std::vector<int32_t> left, right;  // places of the reference, see kmers.cc
    std::vector<uint32_t> at;          // node of each place of the reference
  };

  uint32_t node_of(const uint8_t* kmer);
  void thread(const Stretch& stretch);
  void prune(uint32_t least);
  Ends loose_ends(const Bases& reference) const;
  // Joins a node to another of whose k-mer it has the first `common` bases.
  void join(uint32_t from, uint32_t to, uint32_t common, uint32_t fragments);
  void join_tail(const Ends& ends, uint32_t tail, uint32_t fragments, const Bases& reference);
  void join_head(const Ends& ends, uint32_t head, uint32_t fragments, const Bases& reference);
};

}  // namespace schelde
