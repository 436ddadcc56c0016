#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.hpp"

namespace hdfsmount::control {

/// The absolute path of `path` without symbolic links. Asks nothing of a file system mounted there, so it also answers
/// for a mount that hangs or whose daemon is gone.
result<std::string> resolve_mount_point(const std::string& path);

/// Where the control sockets of a user's mounts live: /run/hdfsmount for root, else `xdg_runtime_dir`/hdfsmount
/// (/run/user/UID/hdfsmount when that is empty).
std::string runtime_directory(uid_t uid, const std::string& xdg_runtime_dir);

/// The socket of the mount on `mount_point` (resolved). Short whatever the length of the path, as sun_path demands.
std::string socket_path(const std::string& runtime_directory, const std::string& mount_point);

}  // namespace hdfsmount::control
