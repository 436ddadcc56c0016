#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/cursor.hpp"
#include "base/result.hpp"
#include "wire/checksum_kind.hpp"
#include "wire/located_block.hpp"

/// Messages and layouts of short-circuit reads: a DataNode passes the open files of a replica over its UNIX socket, and
/// a slot in a shared memory segment says from then on whether they may still be used. (DataXceiver,
/// ShortCircuitRegistry, ShortCircuitShm, BlockMetadataHeader)
namespace hdfsmount::wire {

struct segment_id {
  segment_id() = default;
  segment_id(std::int64_t high_, std::int64_t low_) : high(high_), low(low_) {}
  std::int64_t high = 0;
  std::int64_t low = 0;
  friend bool operator==(const segment_id&, const segment_id&) = default;
};

struct slot_id {
  slot_id() = default;
  slot_id(segment_id segment_, std::uint32_t index_) : segment(segment_), index(index_) {}
  segment_id segment;
  std::uint32_t index = 0;
  friend bool operator==(const slot_id&, const slot_id&) = default;
};

/// A slot is 64 bytes of the segment, of which the first eight are used, in the machine's own byte order. Both sides
/// change them by compare-and-swap only.
inline constexpr std::size_t slot_size = 64;
/// Set by the client when it hands the slot over, cleared by the DataNode when the replica is gone.
inline constexpr std::uint64_t slot_valid = 1ULL << 63;
/// The DataNode holds the replica locked in memory, verified: an anchored one may be read without its checksums.
inline constexpr std::uint64_t slot_anchorable = 1ULL << 62;
/// How many readers rely on that now.
inline constexpr std::uint64_t slot_anchors = 0x7fffffff;

/// Asks for the open files of a replica: data, then checksums. Answered by a block_op_response; after a success by one
/// byte which the files come with, and which is receipt_wanted when a byte is expected back.
std::string encode_request_files(const extended_block& block, const token& access_token,
                                 const std::optional<slot_id>& slot);
inline constexpr std::byte receipt_wanted{1};
/// Asks for a shared memory segment. The connection stays with it: when it ends, so do its slots.
std::string encode_request_segment(const std::string& client_name);
std::string encode_release_slot(const slot_id& slot);

/// Answers without the varint length before them: success, or the datanode_errc with the DataNode's text.
result<segment_id> decode_segment_response(byte_span message);
result<void> decode_release_response(byte_span message);

/// How a replica's checksum file begins; after that, one big-endian checksum for each chunk.
struct checksum_file_header {
  checksum_file_header() = default;

  static constexpr std::size_t size = 7;
  checksum_kind kind = checksum_kind::null;
  std::uint32_t bytes_per_checksum = 0;  ///< greater than 0 unless `kind` is null; at most 1 MiB
};

/// `bytes` is the beginning of the file. errc::unsupported for versions and kinds unknown here.
result<checksum_file_header> decode_checksum_file_header(byte_span bytes);

}  // namespace hdfsmount::wire
