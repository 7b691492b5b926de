// A BAM as a stream: blocks of BGZF, header, records (SAM/BAM specification 1.6, sections 4.1-4.2).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data.h"

namespace schelde {

// Flags of a record (SAM specification, section 1.4).
constexpr uint16_t kPaired = 0x1, kMateUnmapped = 0x8, kReverse = 0x10, kMateReverse = 0x20;
// Unmapped, secondary, of bad quality, duplicate: never used.
constexpr uint16_t kUnusableFlags = 0x4 | 0x100 | 0x200 | 0x400;

// Mapping quality that is not known (section 1.4); GATK too leaves such reads out
// (MappingQualityAvailableReadFilter).
constexpr uint8_t kNoMapq = 255;

inline bool uses_reference(char op) {
  return op == 'M' || op == 'D' || op == 'N' || op == '=' || op == 'X';
}

// A record as it lies in memory: what it points at must outlive it.
struct BamRecord {
  int32_t contig;  // place among the header's contigs, -1: none
  Pos start;       // 0-based
  uint8_t mapq;
  uint16_t flag;
  Pos mate_start;
  int32_t template_length;
  std::string_view name;
  const uint8_t* cigar;  // 4 bytes each: length << 4 | place in "MIDNSHP=X"
  uint32_t operations;
  const uint8_t* bases;  // two in a byte, places in "=ACMGRSVTWYHKDBN"
  const uint8_t* quals;
  uint32_t length;

  uint32_t cigar_length(uint32_t operation) const;
  char cigar_op(uint32_t operation) const;
  Pos end() const;  // behind its last base on the reference
};

// Reads the bytes of a record, those behind its block_size. Throws std::runtime_error if they do
// not fit together.
BamRecord parse_record(const uint8_t* bytes, size_t size);

class BamStream {
 public:
  // Reads the header. Throws std::runtime_error if there is none.
  explicit BamStream(int descriptor);

  const std::vector<std::string>& contigs() const { return contigs_; }
  const std::vector<Pos>& lengths() const { return lengths_; }

  // The bytes of the next record, until the next call; false at the proper end. Throws
  // std::runtime_error if the stream is broken or ends early.
  bool next(const uint8_t** bytes, size_t* size);

 private:
  bool read_more();             // from the descriptor; false at its end
  bool has_input(size_t size);  // so many bytes not used yet, read if need be; false at the end
  uint8_t* room_for(size_t size);
  bool read_block();      // appends a block's content to data_; false at the end
  bool has(size_t size);  // so much content from at_ on, read if need be; false at the end
  void read_header();

  int descriptor_;
  std::vector<uint8_t> input_;  // as read; [input_at_, input_end_) is not used yet
  size_t input_at_ = 0, input_end_ = 0;
  std::vector<uint8_t> data_;  // content; [at_, end_) is not used yet
  size_t at_ = 0, end_ = 0;
  bool last_was_empty_ = false;
  std::vector<std::string> contigs_;
  std::vector<Pos> lengths_;
};

}  // namespace schelde
