#pragma once

#include <string>

namespace hdfsmount::cli {

/// The resolved path of a directory that something can be mounted on. Throws startup_error when it is missing, no
/// directory, or occupied. Never asks a file system mounted there, so a dead mount does not hang it.
std::string check_mount_point(const std::string& path);

}  // namespace hdfsmount::cli
