// From a record of a BAM to a read of a chunk.
#pragma once
#include "bam.h"
#include "data.h"

namespace schelde {

// Appends the read of a record to the chunk, without its fragment. False if no base of it is
// aligned, which leaves nothing to use. Throws std::runtime_error, naming the read, if it has no
// bases or no qualities, or if its parts do not fit each other or the contig's length.
bool append_read(const BamRecord& record, Pos contig_length, Chunk& chunk);

[[noreturn]] void refuse(const BamRecord& record, const std::string& what);

}  // namespace schelde
