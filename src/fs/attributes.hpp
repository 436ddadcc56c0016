#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

#include "base/ids.hpp"

namespace hdfsmount::fs {

enum class file_type : std::uint8_t { regular, directory, symlink };

/// A point in time as HDFS keeps it: milliseconds since 1970.
using file_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// What stat(2) shows.
struct attributes {
  std::uint64_t ino = 0;  ///< the HDFS file id for live files, a stable hash with bit 62 set for everything else
  file_type type = file_type::regular;
  std::uint16_t mode = 0;  ///< permission bits and the sticky bit, without the type
  std::uint32_t nlink = 1;
  uid_t uid = 0;
  gid_t gid = 0;
  std::uint64_t size = 0;        ///< bytes; 0 for directories
  std::uint64_t blocks = 0;      ///< ceil(size / 512), whatever the replication
  std::uint32_t block_size = 0;  ///< st_blksize
  file_time accessed{};
  file_time modified{};  ///< also st_ctime: HDFS keeps no change time
};

}  // namespace hdfsmount::fs
