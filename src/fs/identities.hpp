#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "fs/name_service.hpp"

namespace hdfsmount::fs {

/// Owner and group names of HDFS <-> local uids and gids. Asks the name service on a thread of its own and remembers
/// the answers, also the negative ones. A name that the system does not know gets a synthetic id, the same on every
/// host with the same `unknown_id_base` (but for collisions), that maps back to the name. Names are taken as they are,
/// with realm or domain.
///
/// Thread-safe. An answer past its expiry is still given at once while it is asked for again; only a name never seen
/// waits, until the deadline at most, however long the name service hangs.
class identities {
 public:
  struct options {
    options() = default;
    uid_t unknown_id_base = 1'879'048'192;  ///< above what systemd hands out to containers
    std::uint32_t unknown_id_count = 1U << 27;
    seconds expiry{300};
    seconds retry_after_failure{10};  ///< how long an answer stands in for a name service that failed
    std::size_t limit = 16'384;       ///< most answers remembered, per kind
  };

  /// `clock`, and the io_context of the tasks that ask, must outlive this object; the tasks must not.
  identities(std::shared_ptr<name_service> service, const clock_source& clock, options settings);
  /// Does not wait for a name service that hangs.
  ~identities();

  async::task<result<uid_t>> user_id(std::string name, steady_time deadline);
  async::task<result<gid_t>> group_id(std::string name, steady_time deadline);
  /// errors: fs_errc::not_found when neither the system nor a synthetic id has the name.
  async::task<result<std::string>> user_name(uid_t id, steady_time deadline);
  async::task<result<std::string>> group_name(gid_t id, steady_time deadline);

  /// From memory, or nothing.
  std::optional<uid_t> known_user_id(const std::string& name);
  std::optional<gid_t> known_group_id(const std::string& name);

 private:
  struct core;
  std::unique_ptr<core> core_;
};

}  // namespace hdfsmount::fs
