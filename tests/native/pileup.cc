// The pile-up of each chunk of the plans on stdin (see reads_text.h), from the BAM that is named.
// Of what lies inside a chunk's [start, end), lines:
//   position CONTIG POS DEPTH REFERENCE HETEROZYGOUS ALTERNATE INDEL_READS
//   candidate CONTIG POS REMOVED INSERTED READS DEPTH
//   breakpoint CONTIG POS READS
// Without a name, lines `REFERENCE POS REMOVED INSERTED` on stdin give left-aligned variants
// `POS REMOVED INSERTED`.
// with: bam.cc decode.cc reads.cc mates.cc pileup.cc candidates.cc breakpoints.cc confidence.cc
#include <iomanip>

#include "reads_text.h"

using namespace schelde;

namespace {

void print_left_aligned() {
  std::string reference, inserted;
  for (Variant variant{}; std::cin >> reference >> variant.pos >> variant.removed >> inserted;) {
    Chunk chunk{};
    chunk.reference = bases_of(reference);
    variant.inserted = bases_of(inserted);
    const Variant moved = left_aligned(variant, chunk);
    std::cout << moved.pos << ' ' << moved.removed << ' ' << text_of(moved.inserted) << '\n';
  }
}

void print(const Chunk& chunk, const Pileup& pileup) {
  const auto inside = [&](Pos pos) { return pos >= chunk.start && pos < chunk.end; };
  for (Pos pos = chunk.start; pos < chunk.end; pos++) {
    const auto at = static_cast<size_t>(pos - pileup.first);
    std::cout << "position " << chunk.contig << ' ' << pos << ' ' << pileup.depth.at(at) << ' '
              << pileup.reference.at(at) << ' ' << pileup.heterozygous.at(at) << ' '
              << pileup.alternate.at(at) << ' ' << pileup.indel_reads.at(at) << '\n';
  }
  for (const Candidate& one : pileup.candidates) {
    const Variant& variant = one.variant;
    if (inside(variant.pos))
      std::cout << "candidate " << chunk.contig << ' ' << variant.pos << ' ' << variant.removed
                << ' ' << text_of(variant.inserted) << ' ' << one.reads << ' ' << one.depth
                << '\n';
  }
  for (const Breakpoint& one : pileup.breakpoints) {
    if (inside(one.pos))
      std::cout << "breakpoint " << chunk.contig << ' ' << one.pos << ' ' << one.reads << '\n';
  }
}

}  // namespace

int main(int count, char** arguments) try {
  if (count == 1) {
    print_left_aligned();
    return 0;
  }
  Plans plans = read_plans();
  Reader reader(opened(arguments[1]), std::move(plans.chunks), plans.settings);
  std::cout << std::setprecision(9);
  while (const auto chunk = reader.next()) {
    // No more than a chunk needs, so that a step that looks further is caught.
    const Bases& reference = plans.references.at(chunk->contig);
    chunk->reference_start = chunk->first;
    chunk->reference = reference.substr(static_cast<size_t>(chunk->first),
                                        static_cast<size_t>(chunk->last - chunk->first));
    print(*chunk, pile_up(*chunk, plans.settings));
  }
} catch (const std::exception& error) {
  std::cerr << error.what();
  return 1;
}
