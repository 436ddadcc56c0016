#pragma once

#include <cstdint>
#include <optional>

#include "base/cursor.hpp"
#include "base/result.hpp"
#include "wire/checksum_kind.hpp"

/// Checksums of HDFS data: one big-endian CRC for each chunk of `bytes_per_checksum` bytes, the last chunk may be
/// shorter. ISA-L computes them with the best instructions of the processor it runs on and portably where there are
/// none.
namespace hdfsmount::wire {

/// Bytes of one checksum; 0 for checksum_kind::null.
constexpr std::size_t checksum_size(checksum_kind kind) noexcept {
  return kind == checksum_kind::null ? 0 : 4;
}

/// The CRC of `data` as it is stored; 0 for checksum_kind::null.
std::uint32_t checksum_of(checksum_kind kind, byte_span data) noexcept;

/// Index of the first chunk that does not match its checksum. Needs as many checksums as chunks and, unless the kind is
/// null, `bytes_per_checksum` > 0.
std::optional<std::size_t> first_bad_chunk(checksum_kind kind, std::size_t bytes_per_checksum, byte_span data,
                                           byte_span checksums) noexcept;

/// Checks whole chunks from the beginning of one. errc::checksum_mismatch names the first bad chunk;
/// errc::protocol_error when the number of checksums is not that of the chunks. With checksum_kind::null there is
/// nothing to check.
result<void> verify_chunks(checksum_kind kind, std::size_t bytes_per_checksum, byte_span data, byte_span checksums);

}  // namespace hdfsmount::wire
