#include "control/socket_path.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "control/unix_socket.hpp"

namespace hdfsmount::control {
namespace {

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string readable_part(const std::string& mount_point) {
  constexpr std::size_t limit = 24;
  std::string out;
  for (const char c : mount_point.substr(mount_point.rfind('/') + 1, limit))
    out.push_back((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_');
  return out;
}

}  // namespace

result<std::string> resolve_mount_point(const std::string& path) {
  // O_PATH sends the mounted file system no request, unlike realpath(3), which would hang with it.
  const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return system_failure(path);
  std::array<char, PATH_MAX> buffer;
  const auto length = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), buffer.data(), buffer.size());
  const auto failure = length < 0 ? system_failure(path) : error();
  ::close(fd);
  if (length < 0) return failure;
  return std::string(buffer.data(), static_cast<std::size_t>(length));
}

std::string runtime_directory(uid_t uid, const std::string& xdg_runtime_dir) {
  if (uid == 0) return "/run/hdfsmount";
  if (!xdg_runtime_dir.empty()) return xdg_runtime_dir + "/hdfsmount";
  return fmt::format("/run/user/{}/hdfsmount", uid);
}

std::string socket_path(const std::string& runtime_directory, const std::string& mount_point) {
  return fmt::format("{}/{}-{:016x}.sock", runtime_directory, readable_part(mount_point), fnv1a(mount_point));
}

}  // namespace hdfsmount::control
