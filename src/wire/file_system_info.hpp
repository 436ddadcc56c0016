#pragma once

#include <cstdint>
#include <string>

#include "wire/checksum_kind.hpp"

namespace hdfsmount::wire {

/// The whole name space in raw bytes (replicas count several times) and blocks. A number that the server does not know
/// is 0. (getFsStats)
struct fs_stats {
  fs_stats() = default;

  std::uint64_t capacity = 0;
  std::uint64_t used = 0;
  std::uint64_t remaining = 0;
  std::uint64_t under_replicated_blocks = 0;
  std::uint64_t corrupt_blocks = 0;
  std::uint64_t missing_blocks = 0;

  friend bool operator==(const fs_stats&, const fs_stats&) = default;
};

/// What the NameNode wants clients to use where they say nothing themselves. (getServerDefaults)
struct server_defaults {
  server_defaults() = default;

  std::uint64_t block_size = 0;  ///< bytes
  std::uint32_t bytes_per_checksum = 0;
  std::uint32_t write_packet_size = 0;  ///< bytes
  std::uint16_t replication = 0;
  std::uint32_t file_buffer_size = 0;  ///< bytes
  bool encrypt_data_transfer = false;
  checksum_kind checksum = checksum_kind::crc32;
  std::string key_provider_uri;  ///< of the KMS; empty when there is none

  friend bool operator==(const server_defaults&, const server_defaults&) = default;
};

}  // namespace hdfsmount::wire
