#include "block_replay.hpp"
#include "promise.hpp"
#include "proto/data_transfer.pb.h"
#include "targets.hpp"
#include "wire/checksum.hpp"
#include "wire/data_transfer.hpp"
#include "wire/proto_codec.hpp"

namespace hdfsmount::fuzz {
namespace {

block_replay replay_in_pieces(std::uint64_t offset, std::uint64_t length, byte_span stream, std::uint8_t seed) {
  auto whole = replay_block(offset, length, stream, piece_sizes::whole());
  promise(whole == replay_block(offset, length, stream, piece_sizes::mixed(seed)), "bytes do not depend on the pieces");
  return whole;
}

/// What every replica holds at `offset`.
char block_byte(std::uint64_t offset) {
  return static_cast<char>((offset * 2654435761U) >> 13);
}

/// A DataNode that answers by the book except where its script says otherwise.
class scripted_datanode {
 public:
  scripted_datanode(choices& script, std::uint64_t offset, std::uint64_t length) : script_(script) {
    constexpr std::uint32_t chunks[] = {1, 16, 512, 4096};
    const auto shape = script_.byte();
    kind_ = static_cast<wire::checksum_kind>(shape % 3);
    chunk_ = chunks[shape / 3 % 4];
    at_ = offset / chunk_ * chunk_;
    end_ = (offset + length + chunk_ - 1) / chunk_ * chunk_;
  }

  wire::checksum_kind kind() const { return kind_; }
  /// Whether the answer was by the book.
  bool honest() const { return honest_; }
  /// Whether packets were out of order, or the end was not where it was said to be.
  bool disorderly() const { return disorderly_; }

  std::string answer() {
    op_response();
    while (at_ < end_ && out_.size() < longest_stream) packet(longest_packet());
    if (at_ < end_) honest_ = false;
    packet(0);
    return std::move(out_);
  }

 private:
  static constexpr std::size_t longest_stream = 16 * 1024;
  enum class deviation : std::uint8_t {
    none,
    offset,
    sequence,
    end,
    longer,
    checksums,
    flipped_sum,
    flipped_data,
    noise
  };

  std::size_t longest_packet() {
    const auto units = script_.byte() % 16 + 1U;
    return static_cast<std::size_t>(std::min<std::uint64_t>(units * std::max(chunk_, 64U), end_ - at_));
  }

  void op_response() {
    hadoop::hdfs::BlockOpResponseProto proto;
    proto.set_status(hadoop::hdfs::SUCCESS);
    auto& info = *proto.mutable_readopchecksuminfo();
    info.mutable_checksum()->set_type(static_cast<hadoop::hdfs::ChecksumTypeProto>(kind_));
    info.mutable_checksum()->set_bytesperchecksum(chunk_);
    const bool late = script_.byte() % 8 == 7;
    info.set_chunkoffset(at_ + (late ? 1 : 0));
    if (late) honest_ = false;
    wire::append_delimited(out_, proto.SerializeAsString());
  }

  std::string checksums_of(const std::string& data) const {
    std::string sums;
    if (kind_ == wire::checksum_kind::null) return sums;
    for (std::size_t i = 0; i < data.size(); i += chunk_) {
      const auto chunk = std::string_view(data).substr(i, chunk_);
      wire::append_big_endian(sums, wire::checksum_of(kind_, wire::as_byte_span(chunk)));
    }
    return sums;
  }

  void packet(std::size_t length) {
    const auto wrong = static_cast<deviation>(script_.byte());
    if (wrong > deviation::none && wrong <= deviation::noise) honest_ = false;
    if (wrong == deviation::sequence || wrong == deviation::end) disorderly_ = true;
    if (wrong == deviation::longer) length += script_.byte() * 8U;
    wire::packet_header header;
    header.offset_in_block = at_ + (wrong == deviation::offset ? script_.byte() : 0U);
    header.sequence = sequence_++ + (wrong == deviation::sequence ? 1 : 0);
    header.last_in_block = (length == 0) != (wrong == deviation::end);
    header.data_length = length;
    std::string data(length, '\0');
    for (std::size_t i = 0; i < length; ++i) data[i] = block_byte(header.offset_in_block + i);
    auto sums = checksums_of(data);
    if (wrong == deviation::checksums) sums.resize(script_.byte());
    if (wrong == deviation::flipped_sum) flip(sums);
    if (wrong == deviation::flipped_data) flip(data);
    header.payload_length = sums.size() + data.size();
    out_ += wire::encode_packet_header(header) + sums + data;
    if (wrong == deviation::noise) out_ += static_cast<char>(script_.byte());
    at_ += length;
  }

  void flip(std::string& bytes) {
    const auto where = script_.integer<std::uint16_t>();
    if (!bytes.empty()) bytes[where % bytes.size()] ^= static_cast<char>(1 << where % 8);
  }

  choices& script_;
  wire::checksum_kind kind_;
  std::uint32_t chunk_;
  std::uint64_t at_;
  std::uint64_t end_;
  std::int64_t sequence_ = 0;
  bool honest_ = true;
  bool disorderly_ = false;
  std::string out_;
};

}  // namespace

/// Offset and length of the read, a byte that says how the stream is cut, then the stream.
void read_block_stream(byte_span input) {
  choices in(input);
  const auto offset = in.integer<std::uint32_t>();
  const auto length = in.integer<std::uint32_t>();
  const auto seed = in.byte();
  if (length > 0) replay_in_pieces(offset, length, in.rest(), seed);
}

/// The same from a script of a DataNode, so that checksums are right unless the script says otherwise.
void read_block_script(byte_span input) {
  choices in(input);
  const auto offset = in.integer<std::uint16_t>();
  const auto length = in.integer<std::uint16_t>() % 4096U + 1U;
  const auto seed = in.byte();
  scripted_datanode node(in, offset, length);
  const auto stream = node.answer();
  const auto read = replay_in_pieces(offset, length, wire::as_byte_span(stream), seed);
  promise(!node.honest() || read.finished, "an answer by the book is accepted");
  promise(!node.disorderly() || !read.finished, "packets out of order are refused");
  if (node.kind() == wire::checksum_kind::null) return;
  for (std::size_t i = 0; i < read.data.size(); ++i)
    promise(read.data[i] == block_byte(read.begin + i), "bytes that were delivered are those of the block");
}

}  // namespace hdfsmount::fuzz
