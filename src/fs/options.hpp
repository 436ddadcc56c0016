#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace hdfsmount::fs {

/// What the operator chose about the POSIX side of one mount. Validated by whoever fills it.
struct options {
  std::string source = "/";  ///< absolute HDFS path of the mount's root, no trailing slash unless it is "/"

  milliseconds attr_timeout{1000};        ///< how long attributes may be out of date, kernel and daemon together
  milliseconds entry_timeout{1000};       ///< the same for names that exist
  milliseconds negative_timeout{0};       ///< the same for names that do not
  std::size_t entry_cache_limit = 65536;  ///< most names the daemon remembers at a time

  /// Instead of what HDFS says; `umask` replaces the permission bits of everything by 0777 & ~umask.
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  std::optional<mode_t> umask;

  /// The kernel checks local users against the modes shown (default_permissions).
  bool local_permissions = false;

  /// Whether `/.reserved/.inodes/<id>` may be used to follow renames. Routers do not resolve such paths.
  bool inode_paths = true;

  /// st_blksize: cat, cp and stdio size their buffers by it. 1 MiB is the largest request the kernel sends.
  std::uint32_t block_size = 1 << 20;
};

}  // namespace hdfsmount::fs
