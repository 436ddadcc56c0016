#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hdfsmount::fuse {

/// One line of /proc/self/mountinfo (proc(5)), with its octal escapes undone.
struct mount_entry {
  std::string device;  ///< "major:minor", the name in /sys/class/bdi
  std::string mount_point;
  std::string type;
  std::string source;
  std::string super_options;  ///< comma-separated
};

/// Lines it does not understand are left out.
std::vector<mount_entry> parse_mount_table(std::string_view text);

/// What is mounted on `mount_point` (resolved), the topmost if there are several. Asks the mounted file system nothing,
/// so it may be called from threads that serve it.
std::optional<mount_entry> find_mount(const std::string& mount_point);

}  // namespace hdfsmount::fuse
