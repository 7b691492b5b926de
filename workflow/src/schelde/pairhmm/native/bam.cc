#include "bam.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace schelde {
namespace {

constexpr size_t kInput = size_t{1} << 18;
constexpr size_t kBlockContent = 65536;  // of a block at most
constexpr size_t kHeader = 12;           // of a block, up to its extra fields
constexpr size_t kFooter = 8;            // CRC32 and length of the content
constexpr size_t kFixed = 32;            // of a record, before its name
constexpr size_t kLargestRecord = size_t{1} << 28;

[[noreturn]] void broken(const std::string& what) {
  throw std::runtime_error("the stream of alignments is broken: " + what);
}

// Numbers of a BAM have their lowest byte first, as have the machines that this runs on.
template <class Number>
Number number_at(const uint8_t* bytes) {
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

// Of a block from its first byte on to the next block, found among the header's extra fields.
size_t size_of_block(const uint8_t* block, size_t extra) {
  for (size_t at = 0; at + 4 <= extra;) {
    const uint8_t* field = block + kHeader + at;
    const size_t length = number_at<uint16_t>(field + 2);
    if (field[0] == 'B' && field[1] == 'C' && length == 2 && at + 6 <= extra)
      return size_t{number_at<uint16_t>(field + 4)} + 1;
    at += 4 + length;
  }
  broken("a block without its size");
}

// A block that is one piece of stored content, as `samtools view -u` writes them, is copied.
bool copy_stored(const uint8_t* deflated, size_t size, uint8_t* content, size_t length) {
  constexpr size_t kStoredHeader = 5;  // RFC 1951, 3.2.4: final and type, LEN, NLEN
  if (size != length + kStoredHeader || deflated[0] != 1) return false;
  const auto stored = number_at<uint16_t>(deflated + 1);
  if (stored != length || stored != uint16_t(~number_at<uint16_t>(deflated + 3))) return false;
  std::memcpy(content, deflated + kStoredHeader, length);
  return true;
}

void inflate_block(const uint8_t* deflated, size_t size, uint8_t* content, size_t length) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::runtime_error("zlib cannot start");
  stream.next_in = const_cast<Bytef*>(deflated);
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = content;
  stream.avail_out = static_cast<uInt>(length);
  const int status = inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.total_out == length && !stream.avail_in;
  inflateEnd(&stream);
  if (!whole) broken("a block that does not inflate");
}

}  // namespace

uint32_t BamRecord::cigar_length(uint32_t operation) const {
  return number_at<uint32_t>(cigar + 4 * size_t{operation}) >> 4;
}

char BamRecord::cigar_op(uint32_t operation) const {
  return "MIDNSHP=X???????"[cigar[4 * size_t{operation}] & 15];
}

Pos BamRecord::end() const {
  Pos end = start;
  for (uint32_t i = 0; i < operations; i++)
    if (uses_reference(cigar_op(i))) end += cigar_length(i);
  return end;
}

BamRecord parse_record(const uint8_t* bytes, size_t size) {
  if (size < kFixed) broken("a record that is too short");
  BamRecord record;
  record.contig = number_at<int32_t>(bytes);
  record.start = number_at<int32_t>(bytes + 4);
  const size_t name = bytes[8];
  record.mapq = bytes[9];
  record.operations = number_at<uint16_t>(bytes + 12);
  record.flag = number_at<uint16_t>(bytes + 14);
  record.length = number_at<uint32_t>(bytes + 16);
  record.mate_start = number_at<int32_t>(bytes + 24);
  record.template_length = number_at<int32_t>(bytes + 28);
  const size_t packed = (size_t{record.length} + 1) / 2;
  const size_t cigar = 4 * size_t{record.operations};
  if (!name || size < kFixed + name + cigar + packed + record.length || bytes[kFixed + name - 1])
    broken("a record that does not fit its size");
  record.name = {reinterpret_cast<const char*>(bytes + kFixed), name - 1};
  record.cigar = bytes + kFixed + name;
  record.bases = record.cigar + cigar;
  record.quals = record.bases + packed;
  return record;
}

BamStream::BamStream(int descriptor) : descriptor_(descriptor), input_(kInput), data_(kInput) {
  read_header();
}

bool BamStream::read_more() {
  if (input_at_) {
    std::memmove(input_.data(), input_.data() + input_at_, input_end_ - input_at_);
    input_end_ -= input_at_;
    input_at_ = 0;
  }
  ssize_t count;
  do {
    count = ::read(descriptor_, input_.data() + input_end_, input_.size() - input_end_);
  } while (count < 0 && errno == EINTR);
  if (count < 0) throw std::runtime_error(std::string("alignments: ") + std::strerror(errno));
  input_end_ += static_cast<size_t>(count);
  return count > 0;
}

bool BamStream::has_input(size_t size) {
  while (input_end_ - input_at_ < size)
    if (!read_more()) {
      if (input_end_ != input_at_) broken("it ends within a block");
      return false;
    }
  return true;
}

// Room for `size` bytes of content behind what is not used yet.
uint8_t* BamStream::room_for(size_t size) {
  if (end_ + size > data_.size()) {
    std::memmove(data_.data(), data_.data() + at_, end_ - at_);
    end_ -= at_;
    at_ = 0;
    if (end_ + size > data_.size()) data_.resize(2 * (end_ + size));
  }
  return data_.data() + end_;
}

bool BamStream::read_block() {
  if (!has_input(kHeader)) {
    // Each writer of BGZF ends with an empty block, so that what is cut off is seen.
    if (!last_was_empty_) broken("it ends without the block that marks its end");
    return false;
  }
  const uint8_t* block = input_.data() + input_at_;
  if (block[0] != 31 || block[1] != 139 || block[2] != 8 || !(block[3] & 4))
    broken("not a block of BGZF");
  const size_t extra = number_at<uint16_t>(block + 10);
  has_input(kHeader + extra);
  const size_t whole = size_of_block(input_.data() + input_at_, extra);
  if (whole < kHeader + extra + kFooter) broken("a block with a wrong size");
  has_input(whole);
  block = input_.data() + input_at_;
  const uint8_t* deflated = block + kHeader + extra;
  const size_t size = whole - kHeader - extra - kFooter;
  const size_t length = number_at<uint32_t>(block + whole - 4);
  if (length > kBlockContent) broken("a block with too much content");
  uint8_t* content = room_for(length);
  if (!copy_stored(deflated, size, content, length)) inflate_block(deflated, size, content, length);
  if (crc32_z(0, content, length) != number_at<uint32_t>(block + whole - 8))
    broken("a block whose checksum is wrong");
  input_at_ += whole;
  end_ += length;
  last_was_empty_ = length == 0;
  return true;
}

bool BamStream::has(size_t size) {
  while (end_ - at_ < size)
    if (!read_block()) return false;
  return true;
}

void BamStream::read_header() {
  const auto take = [this](size_t size) {
    if (!has(size)) broken("it ends within the header");
    const uint8_t* bytes = data_.data() + at_;
    at_ += size;
    return bytes;
  };
  if (std::memcmp(take(4), "BAM\1", 4) != 0) broken("not a BAM");
  const auto text = number_at<int32_t>(take(4));
  if (text < 0) broken("a header with a wrong size");
  take(static_cast<size_t>(text));
  const auto contigs = number_at<int32_t>(take(4));
  for (int32_t i = 0; i < contigs; i++) {
    const auto size = number_at<uint32_t>(take(4));
    if (size == 0 || size > kBlockContent) broken("a header with a wrong name");
    contigs_.emplace_back(reinterpret_cast<const char*>(take(size)), size - 1);
    lengths_.push_back(number_at<int32_t>(take(4)));
  }
}

bool BamStream::next(const uint8_t** bytes, size_t* size) {
  if (!has(4)) {
    if (end_ != at_) broken("it ends within a record");
    return false;
  }
  *size = number_at<uint32_t>(data_.data() + at_);
  if (*size > kLargestRecord) broken("a record that is too long");
  if (!has(4 + *size)) broken("it ends within a record");
  *bytes = data_.data() + at_ + 4;
  at_ += 4 + *size;
  return true;
}

}  // namespace schelde
