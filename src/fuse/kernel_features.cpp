#include "fuse/kernel_features.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace hdfsmount::fuse {
namespace {

struct feature {
  std::string_view name;
  unsigned bit;
};

/// Several reads of a file and several look-ups in a directory at a time; listings that carry attributes while a
/// program asks for them; pages dropped when a file's time or length changed.
constexpr feature wanted[] = {
    {"async_read", FUSE_CAP_ASYNC_READ},           {"async_dio", FUSE_CAP_ASYNC_DIO},
    {"parallel_dirops", FUSE_CAP_PARALLEL_DIROPS}, {"auto_inval_data", FUSE_CAP_AUTO_INVAL_DATA},
    {"readdirplus", FUSE_CAP_READDIRPLUS},         {"readdirplus_auto", FUSE_CAP_READDIRPLUS_AUTO},
    {"atomic_o_trunc", FUSE_CAP_ATOMIC_O_TRUNC},
};

/// Write-back reorders and rereads, which an append-only store cannot have. Replies are gathered from memory, where
/// splice was measured no faster than a copy. POSIX_ACL would make the kernel check ACLs by local groups.
constexpr unsigned refused =
    FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE | FUSE_CAP_POSIX_ACL;

constexpr unsigned hdfs_time_granularity = 1'000'000;  // nanoseconds: HDFS keeps milliseconds

}  // namespace

std::string negotiate(fuse_conn_info& connection, unsigned max_background) {
  std::string agreed;
  for (const auto& [name, bit] : wanted) {
    if ((connection.capable & bit) == 0) continue;
    connection.want |= bit;
    fmt::format_to(std::back_inserter(agreed), " {}", name);
  }
  connection.want &= ~refused;
  connection.max_write = max_request_size;
  connection.max_read = max_request_size;
  connection.max_background = std::max(max_background, 1U);
  connection.congestion_threshold = std::max(connection.max_background * 3 / 4, 1U);
  connection.time_gran = hdfs_time_granularity;
  return fmt::format("kernel FUSE {}.{}:{}", connection.proto_major, connection.proto_minor, agreed);
}

}  // namespace hdfsmount::fuse
