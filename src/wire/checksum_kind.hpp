#pragma once

#include <cstdint>

namespace hdfsmount::wire {

/// How a block's chunks are protected. The values are those of the protocol and of block meta files.
enum class checksum_kind : std::uint8_t {
  null = 0,    ///< no checksums at all
  crc32 = 1,   ///< the polynomial of zlib and Ethernet
  crc32c = 2,  ///< Castagnoli's, the default of HDFS
};

}  // namespace hdfsmount::wire
