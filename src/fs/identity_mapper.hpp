#pragma once

#include <sys/types.h>

#include <memory>

#include "base/caller.hpp"

namespace hdfsmount::fs {

/// Decides as whom in HDFS a local process acts: the one place for it. Today everyone acts as the daemon's own user.
///
/// Here is also the place of the per-caller decision cache, (caller, inode, modification time) -> allowed, filled by
/// the NameNode's answers: it becomes necessary with the first mapping that has more than one HDFS user, and every
/// answer from memory (try_lookup, try_getattr, the listing pages of a handle) must then ask it first. Thread-safe.
class identity_mapper {
 public:
  explicit identity_mapper(hdfs_user daemon) : daemon_(std::make_shared<const hdfs_user>(std::move(daemon))) {}

  caller map(uid_t uid, gid_t gid, pid_t pid) const { return caller(daemon_, uid, gid, pid); }
  /// For what the daemon does on its own account.
  caller self() const { return caller(daemon_); }

 private:
  std::shared_ptr<const hdfs_user> daemon_;
};

}  // namespace hdfsmount::fs
