#include "control/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace hdfsmount::control {
namespace {

/// What arrives at a datagram socket with this name ('@': abstract) after one notification.
std::string notified(const std::string& name) {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_TRUE(notify_service_manager(name, "READY=1\nSTATUS=x"));
  char text[100];
  const auto count = ::recv(fd, text, sizeof text, MSG_DONTWAIT);
  ::close(fd);
  return count < 0 ? "" : std::string(text, static_cast<std::size_t>(count));
}

TEST(service_manager, is_told_by_path_and_by_abstract_name) {
  const auto path = ::testing::TempDir() + "notify-" + std::to_string(::getpid());
  EXPECT_EQ(notified(path), "READY=1\nSTATUS=x");
  ::unlink(path.c_str());
  EXPECT_EQ(notified("@hdfsmount-test-" + std::to_string(::getpid())), "READY=1\nSTATUS=x");
}

TEST(service_manager, without_one_nothing_is_sent) {
  EXPECT_TRUE(notify_service_manager("", "READY=1"));
}

TEST(service_manager, a_socket_that_takes_nothing_is_reported) {
  EXPECT_FALSE(notify_service_manager("/no/such/socket", "READY=1"));
  EXPECT_FALSE(notify_service_manager("relative", "READY=1"));
  EXPECT_FALSE(notify_service_manager("/" + std::string(200, 'x'), "READY=1"));
}

}  // namespace
}  // namespace hdfsmount::control
