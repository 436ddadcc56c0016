#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/cursor.hpp"
#include "base/result.hpp"
#include "wire/model.hpp"

/// Messages of the data transfer protocol, version 28 (org.apache.hadoop.hdfs.protocol.datatransfer.Sender, Receiver,
/// PacketHeader; datatransfer.proto).
namespace hdfsmount::wire {

/// Most bytes of one packet with its header; Hadoop's default of dfs.data.transfer.max.packet.size.
inline constexpr std::size_t max_packet_size = 16 * 1024 * 1024;
/// Most bytes of an answer to an operation; those of real DataNodes hold at most an exception's text.
inline constexpr std::size_t max_op_response = 1024 * 1024;

/// OP_READ_BLOCK: `length` bytes from `offset` of a block's replica. The DataNode begins at the checksum chunk that
/// holds `offset` and may send up to the end of the chunk that holds the last byte.
struct read_block_request {
  read_block_request(extended_block block_, token access_token_, std::string client_name_, std::uint64_t offset_,
                     std::uint64_t length_)
      : block(std::move(block_)),
        access_token(std::move(access_token_)),
        client_name(std::move(client_name_)),
        offset(offset_),
        length(length_) {}

  extended_block block;
  token access_token;
  std::string client_name;  ///< for the DataNode's log
  std::uint64_t offset;
  std::uint64_t length;
  bool send_checksums = true;
  /// How the DataNode treats its page cache; absent: as it is configured.
  std::optional<bool> drop_behind;
  std::optional<std::int64_t> readahead;  ///< bytes
};

/// The whole operation: version, operation code and delimited message.
std::string encode_read_block(const read_block_request& request);

/// The values are the protocol's.
enum class data_status : std::uint8_t {
  success = 0,
  error = 1,
  error_checksum = 2,
  error_invalid = 3,
  error_exists = 4,
  error_access_token = 5,
  checksum_ok = 6,
  error_unsupported = 7,
  oob_restart = 8,
  oob_reserved1 = 9,
  oob_reserved2 = 10,
  oob_reserved3 = 11,
  in_progress = 12,
  error_block_pinned = 13,
};

/// How the packets that follow are protected, and where they begin.
struct read_checksum_info {
  read_checksum_info() = default;

  checksum_kind type = checksum_kind::null;
  std::uint32_t bytes_per_checksum = 0;  ///< greater than 0 unless `type` is null
  std::uint64_t chunk_offset = 0;        ///< in the block, of the first byte sent

  friend bool operator==(const read_checksum_info&, const read_checksum_info&) = default;
};

/// A DataNode's answer to an operation.
struct block_op_response {
  block_op_response() = default;

  data_status status = data_status::success;
  std::string message;         ///< untrusted text, cut at 16 KiB
  std::string first_bad_link;  ///< of a write pipeline: the DataNode that could not be reached
  std::optional<read_checksum_info> read_checksum;
  std::optional<std::uint32_t> short_circuit_version;
};

/// `message` is the answer without the varint length before it.
result<block_op_response> decode_block_op_response(byte_span message);

/// Success, or the datanode_errc that the status stands for with the DataNode's text.
result<void> check_status(data_status status, const std::string& message);
inline result<void> check_status(const block_op_response& response) {
  return check_status(response.status, response.message);
}

/// What precedes a packet's checksums and data.
struct packet_header {
  packet_header() = default;

  std::uint64_t offset_in_block = 0;
  std::int64_t sequence = 0;  ///< from 0; -1 for heartbeats of a write pipeline
  bool last_in_block = false;
  bool sync_block = false;
  std::size_t data_length = 0;
  std::size_t payload_length = 0;  ///< checksums and data; not less than `data_length`
  std::size_t encoded_length = 0;  ///< of the header itself with its two lengths

  std::size_t checksum_length() const noexcept { return payload_length - data_length; }
  friend bool operator==(const packet_header&, const packet_header&) = default;
};

/// The packet header at the beginning of `bytes`, nothing when they end before it does. errc::limit_exceeded for
/// packets above max_packet_size.
result<std::optional<packet_header>> decode_packet_header(byte_span bytes);

/// Ignores `encoded_length`.
std::string encode_packet_header(const packet_header& header);

/// The reader's last word after a completed read, with the length before it; `checksum_ok` when every byte was
/// verified, `success` when there were no checksums.
std::string encode_client_read_status(data_status status);

/// `message` is a client read status without the varint length before it.
result<data_status> decode_client_read_status(byte_span message);

}  // namespace hdfsmount::wire
