#pragma once

#include <sys/types.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace hdfsmount {

/// The HDFS identity that calls are made as. A Hadoop connection has one user, so connections are kept per identity;
/// compared by value.
struct hdfs_user {
  explicit hdfs_user(std::string effective_name, std::string real_name = {})
      : effective(std::move(effective_name)), real(std::move(real_name)) {}

  std::string effective;  ///< whom the NameNode checks permissions for
  std::string real;       ///< who authenticated, when it acts for `effective` by its proxy-user right; else empty

  friend bool operator==(const hdfs_user&, const hdfs_user&) = default;
};

/// Who asks: the local process and the HDFS identity it is mapped to. Every call to HDFS takes one and every open
/// handle keeps the one it was opened by. Cheap to copy.
struct caller {
  explicit caller(std::shared_ptr<const hdfs_user> as, uid_t uid_ = 0, gid_t gid_ = 0, pid_t pid_ = 0)
      : user(std::move(as)), uid(uid_), gid(gid_), pid(pid_) {}

  std::shared_ptr<const hdfs_user> user;
  uid_t uid;
  gid_t gid;
  pid_t pid;
};

/// What one request carries down through every layer: who asks, until when, and its number for log lines. Cancellation
/// travels beside it, in the coroutine's own cancellation slot.
struct call_context {
  call_context(caller who_, steady_time deadline_, request_id id_ = request_id{})
      : who(std::move(who_)), deadline(deadline_), id(id_) {}

  /// The same request with an earlier end, for one attempt of several.
  call_context until(steady_time attempt_end) const { return {who, std::min(deadline, attempt_end), id}; }

  caller who;
  steady_time deadline;
  request_id id;
};

}  // namespace hdfsmount
