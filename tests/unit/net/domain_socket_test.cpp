#include "net/domain_socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "net/local_addresses.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount::net {
namespace {

using testing::task_runner;

/// A directory of the test's own with a listening socket "dn.1234" in it.
class DomainSocket : public ::testing::Test {
 protected:
  DomainSocket() {
    std::string name = std::filesystem::temp_directory_path() / "domain-socket-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (directory_ + "/dn.1234").c_str());
    listening_ = descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_.get(), 4), 0);
  }
  ~DomainSocket() override { std::filesystem::remove_all(directory_); }

  static result<void> trust(const std::string&) { return {}; }

  result<stream_ptr> connect(std::uint16_t port, result<void> (*check)(const std::string&) = trust) {
    connector_ = make_domain_connector(directory_ + "/dn._PORT", pool_, check);
    return runner_.run(connector_->connect(host_port("ignored", port), testing::in(seconds(10))));
  }

  /// Sends one byte and these descriptors to whoever connected.
  static void pass(int to, const std::vector<int>& files) {
    char byte = 'x';
    iovec part{&byte, 1};
    std::array<std::byte, 512> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(files.size() * sizeof(int));
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(files.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), files.data(), files.size() * sizeof(int));
    ASSERT_EQ(::sendmsg(to, &message, 0), 1);
  }

  static bool same_file(int a, int b) {
    struct stat first {
    }, second{};
    return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_ino == second.st_ino &&
           first.st_dev == second.st_dev;
  }

  std::string directory_;
  descriptor listening_;
  task_runner runner_;
  async::worker_pool pool_{1};
  std::unique_ptr<connector> connector_;
};

TEST_F(DomainSocket, BytesGoBothWaysAndDescriptorsArrive) {
  auto made = connect(1234);
  ASSERT_TRUE(made) << made.error().to_string();
  auto& stream = **made;
  EXPECT_EQ(stream.peer(), directory_ + "/dn.1234");
  const descriptor server(::accept(listening_.get(), nullptr, nullptr));
  ASSERT_TRUE(runner_.run(write_all(stream, std::as_bytes(std::span("hello", 5)), testing::in(seconds(10)))));
  std::array<char, 8> got{};
  EXPECT_EQ(::read(server.get(), got.data(), got.size()), 5);
  EXPECT_TRUE(stream.idle_and_open());

  const descriptor first(::memfd_create("first", 0)), second(::memfd_create("second", 0));
  ASSERT_EQ(::write(server.get(), "ab", 2), 2);
  pass(server.get(), {first.get(), second.get()});
  EXPECT_FALSE(stream.idle_and_open());
  std::array<std::byte, 3> bytes{};
  ASSERT_TRUE(runner_.run(read_exactly(stream, bytes, testing::in(seconds(10)))));
  const auto one = stream.take_descriptor();
  const auto two = stream.take_descriptor();
  EXPECT_TRUE(same_file(one.get(), first.get()));
  EXPECT_TRUE(same_file(two.get(), second.get()));
  EXPECT_NE(::fcntl(one.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_FALSE(stream.take_descriptor());
}

TEST_F(DomainSocket, DescriptorsThatNobodyTakesAreClosed) {
  const auto open_now = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  auto made = connect(1234);
  ASSERT_TRUE(made);
  const descriptor server(::accept(listening_.get(), nullptr, nullptr));
  const descriptor file(::memfd_create("file", 0));
  const auto before = open_now();
  for (int i = 0; i < 20; ++i) {
    pass(server.get(), {file.get(), file.get(), file.get()});
    std::array<std::byte, 1> byte{};
    ASSERT_TRUE(runner_.run(read_exactly(**made, byte, testing::in(seconds(10)))));
  }
  EXPECT_LE(open_now(), before + 4);
  made->reset();
  EXPECT_LE(open_now(), before);
}

TEST_F(DomainSocket, NobodyListeningIsAFailureToConnect) {
  EXPECT_EQ(connect(1).error(), make_error_code(errc::connect_failed));
}

TEST_F(DomainSocket, TheEndOfThePeerIsTheEndOfTheStream) {
  auto made = connect(1234);
  ASSERT_TRUE(made);
  ::close(::accept(listening_.get(), nullptr, nullptr));
  std::array<std::byte, 1> byte{};
  EXPECT_EQ(runner_.run(read_exactly(**made, byte, testing::in(seconds(10)))).error(),
            make_error_code(errc::connection_lost));
  EXPECT_FALSE((*made)->idle_and_open());
}

TEST_F(DomainSocket, APathThatOthersCouldReplaceIsNotConnectedTo) {
  ASSERT_EQ(::chmod(directory_.c_str(), 0777), 0);
  const auto refused = connect(1234, check_socket_path);
  EXPECT_EQ(refused.error(), make_error_code(errc::connect_failed));
  EXPECT_NE(refused.error().detail().find("is writable by everybody"), std::string::npos)
      << refused.error().to_string();
}

TEST(SocketPath, IsTrustedBelowDirectoriesOfRootOnly) {
  EXPECT_TRUE(check_socket_path("/etc/passwd")) << check_socket_path("/etc/passwd").error().to_string();
  EXPECT_EQ(check_socket_path("etc/passwd").error(), make_error_code(errc::connect_failed));
  EXPECT_EQ(check_socket_path("").error(), make_error_code(errc::connect_failed));
  EXPECT_EQ(check_socket_path("/nowhere/socket").error(), make_error_code(errc::connect_failed));
}

TEST(SocketPath, HasThePort) {
  EXPECT_EQ(domain_socket_path("/run/dn._PORT", 9866), "/run/dn.9866");
  EXPECT_EQ(domain_socket_path("/run/dn", 9866), "/run/dn");
}

TEST(LocalAddresses, KnowLoopbackAndNoNames) {
  const clock_source clock;
  local_addresses here(clock);
  EXPECT_TRUE(here.contains("127.0.0.1"));
  EXPECT_TRUE(here.contains("127.1.2.3"));
  EXPECT_TRUE(here.contains("::1"));
  EXPECT_FALSE(here.contains("localhost"));
  EXPECT_FALSE(here.contains("192.0.2.1")) << "an address for documentation";
}

}  // namespace
}  // namespace hdfsmount::net
