// Chunks with their reads, of the plans on stdin (see reads_text.h) and the BAM that is named.
// Lines:
//   chunk CONTIG FIRST LAST
//   read START END FRAGMENT CLIP_START CLIP_END MAPQ STRAND CIGAR BASES QUALITIES   (phred+33)
// with: bam.cc decode.cc reads.cc mates.cc
#include "reads_text.h"

using namespace schelde;

namespace {

void print(const Chunk& chunk, const Read& read) {
  std::cout << "read " << read.start << ' ' << read.end << ' ' << read.fragment << ' '
            << read.clip_start << ' ' << read.clip_end << ' ' << int{read.mapq} << ' '
            << (read.reverse ? '-' : '+') << ' ';
  for (uint32_t i = 0; i < read.operations; i++)
    std::cout << chunk.cigars[read.cigar + i].length << chunk.cigars[read.cigar + i].op;
  std::cout << ' ' << text_of(chunk.bases.substr(read.offset, read.length)) << ' ';
  for (uint32_t i = 0; i < read.length; i++)
    std::cout << static_cast<char>(chunk.quals[read.offset + i] + 33);
  std::cout << '\n';
}

}  // namespace

int main(int, char** arguments) try {
  Plans plans = read_plans();
  Reader reader(opened(arguments[1]), std::move(plans.chunks), plans.settings);
  while (const auto chunk = reader.next()) {
    std::cout << "chunk " << chunk->contig << ' ' << chunk->first << ' ' << chunk->last << '\n';
    for (const Read& read : chunk->reads) print(*chunk, read);
  }
} catch (const std::exception& error) {
  std::cerr << error.what();
  return 1;
}
