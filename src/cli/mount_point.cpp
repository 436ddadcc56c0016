#include "cli/mount_point.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "cli/startup_error.hpp"
#include "control/socket_path.hpp"
#include "fuse/mount_table.hpp"

namespace hdfsmount::cli {

std::string check_mount_point(const std::string& path) {
  const auto resolved = control::resolve_mount_point(path);
  if (!resolved) {
    if (resolved.error().code() == boost::system::errc::no_such_file_or_directory)
      throw startup_error(fmt::format("mount point {0} does not exist; create it: mkdir -p {0}", path));
    throw startup_error(fmt::format("mount point {}: {}", path, resolved.error().code().message()));
  }
  // An automount point waits for the mount that it has asked for.
  if (const auto occupied = fuse::find_mount(*resolved); occupied && occupied->type != "autofs")
    throw startup_error(
        fmt::format("mount point {0} is occupied by a mount of {1} (type {2}); unmount it first: umount {0} "
                    "(if its daemon is gone, \"Transport endpoint is not connected\": umount -l {0})",
                    *resolved, printable(occupied->source), occupied->type));
  struct stat found {};
  if (::stat(resolved->c_str(), &found) != 0)
    throw startup_error(fmt::format("mount point {}: {}", path, std::strerror(errno)));
  if (!S_ISDIR(found.st_mode)) throw startup_error(fmt::format("mount point {} is not a directory", path));
  return *resolved;
}

}  // namespace hdfsmount::cli
