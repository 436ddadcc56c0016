#pragma once

#include <cstdint>
#include <string>

#include "wire/model.hpp"

/// What a real DataNode sends for OP_READ_BLOCK, byte for byte, with faults where a test wants them.
namespace hdfsmount::testing {

struct replica_bytes {
  explicit replica_bytes(std::string data_) : data(std::move(data_)) {}

  std::string data;
  wire::checksum_kind checksum = wire::checksum_kind::crc32c;
  std::size_t bytes_per_checksum = 512;
  std::size_t packet_size = 64 * 1024;
  std::size_t flip_at = std::string::npos;  ///< this byte of the block is sent wrong, with the right checksum
};

/// Deterministic bytes; `seed` makes different files differ.
std::string pattern(std::size_t size, unsigned seed = 0);

/// The answer, all packets and the trailing empty one for [offset, offset + length) of the block.
std::string read_block_answer(const replica_bytes& replica, std::uint64_t offset, std::uint64_t length);
/// A refusal with a Status of the protocol ("ERROR" is 1, "ERROR_ACCESS_TOKEN" 5).
std::string refusal(int status, const std::string& message);
/// What the client sends after the last packet.
std::string checksum_ok_reply();

}  // namespace hdfsmount::testing
