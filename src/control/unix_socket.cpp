#include "control/unix_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hdfsmount::control {

error system_failure(std::string what) {
  return error(boost::system::error_code(errno, boost::system::system_category()), std::move(what));
}

result<int> connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return error(errc::invalid_name, path + ": too long for a UNIX socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return system_failure("socket");
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const auto failure = system_failure(path);
  ::close(fd);
  return failure;
}

}  // namespace hdfsmount::control
