#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace hdfsmount::fs {

/// The system's user and group data bases. Calls may block for as long as LDAP does; made on one thread at a time. No
/// value: there is no such name or id. An error: the service could not tell.
class name_service {
 public:
  virtual ~name_service() = default;
  virtual result<std::optional<uid_t>> user_id(const std::string& name) = 0;
  virtual result<std::optional<gid_t>> group_id(const std::string& name) = 0;
  virtual result<std::optional<std::string>> user_name(uid_t id) = 0;
  virtual result<std::optional<std::string>> group_name(gid_t id) = 0;
};

/// getpwnam_r(3) and its relatives.
std::shared_ptr<name_service> system_name_service();

}  // namespace hdfsmount::fs
