#include "net/domain_socket.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <climits>
#include <cstring>
#include <deque>

#include "net/with_deadline.hpp"

namespace hdfsmount::net {
namespace {

namespace asio = boost::asio;
using local_socket = asio::local::stream_protocol::socket;

/// Descriptors that may come with one read, and that may wait to be taken.
constexpr std::size_t most_descriptors = 4;

std::string system_message(int number) {
  return boost::system::error_code(number, boost::system::system_category()).message();
}

error from_errno(int number) {
  if (number == EAGAIN || number == EWOULDBLOCK) return errc::would_block;
  return {errc::connection_lost, system_message(number)};
}

class domain_stream final : public stream {
 public:
  domain_stream(local_socket socket, std::string peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

  result<std::size_t> try_read(std::span<const iovec> buffers) override {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(most_descriptors * sizeof(int))> control;
    for (;;) {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(buffers.data());
      message.msg_iovlen = std::min<std::size_t>(buffers.size(), IOV_MAX);
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const auto count = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (count >= 0) keep_descriptors(message);
      if (count > 0) return static_cast<std::size_t>(count);
      if (count == 0) return error(errc::connection_lost, "closed by " + peer_);
      if (errno != EINTR) return from_errno(errno);
    }
  }

  result<std::size_t> try_write(std::span<const iovec> buffers) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(buffers.data());
    message.msg_iovlen = std::min<std::size_t>(buffers.size(), IOV_MAX);
    for (;;) {
      const auto count = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return from_errno(errno);
    }
  }

  async::task<result<void>> wait_readable(steady_time deadline, std::size_t) override {
    return wait(local_socket::wait_read, deadline);
  }
  async::task<result<void>> wait_writable(steady_time deadline) override {
    return wait(local_socket::wait_write, deadline);
  }

  void close() noexcept override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  bool idle_and_open() noexcept override {
    if (!socket_.is_open()) return false;
    pollfd probe{socket_.native_handle(), POLLIN | POLLRDHUP, 0};
    return ::poll(&probe, 1, 0) == 0;
  }

  const std::string& peer() const noexcept override { return peer_; }

  descriptor take_descriptor() noexcept override {
    if (received_.empty()) return {};
    auto first = std::move(received_.front());
    received_.pop_front();
    return first;
  }

 private:
  /// Those that nobody takes are closed with the stream, those beyond the bound at once.
  void keep_descriptors(msghdr& message) {
    for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
      const auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(part) + i * sizeof(int), sizeof number);
        descriptor got(number);
        if (received_.size() < most_descriptors) received_.push_back(std::move(got));
      }
    }
  }

  async::task<result<void>> wait(local_socket::wait_type what, steady_time deadline) {
    if (!socket_.is_open()) co_return error(errc::connection_lost, peer_);
    const auto ready = co_await with_deadline(
        deadline, [&](auto token) { return socket_.async_wait(what, std::move(token)); }, errc::connection_lost);
    if (!ready) co_return ready.error().with_context(peer_);
    co_return result<void>();
  }

  local_socket socket_;
  std::string peer_;
  std::deque<descriptor> received_;
};

/// Does not wait for the other side: a UNIX socket connects at once or not at all.
result<std::shared_ptr<descriptor>> connect_now(const std::string& path, result<void> (*check)(const std::string&)) {
  if (auto checked = check(path); !checked) return checked.error();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return error(errc::connect_failed, fmt::format("{}: too long for a socket's path", path));
  std::memcpy(address.sun_path, path.data(), path.size());
  descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!made) return error(errc::connect_failed, system_message(errno));
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return error(errc::connect_failed, fmt::format("{}: {}", path, system_message(errno)));
  return std::make_shared<descriptor>(std::move(made));
}

class domain_connector final : public connector {
 public:
  domain_connector(std::string path, async::worker_pool& pool, result<void> (*check)(const std::string&))
      : path_(std::move(path)), pool_(pool), check_(check) {}

  async::task<result<stream_ptr>> connect(host_port peer, steady_time deadline) override {
    const auto path = domain_socket_path(path_, peer.port);
    // The file system that the path is on may hang.
    auto work = [path, check = check_] { return connect_now(path, check); };
    const auto made = co_await pool_.run(std::move(work), deadline);
    if (!made) co_return made.error();
    const async::executor here = co_await asio::this_coro::executor;
    auto& context = static_cast<asio::io_context&>(asio::query(here, asio::execution::context));
    co_return stream_ptr(std::make_unique<domain_stream>(
        local_socket(context, asio::local::stream_protocol(), (*made)->release()), path));
  }

 private:
  const std::string path_;
  async::worker_pool& pool_;
  result<void> (*const check_)(const std::string&);
};

}  // namespace

result<void> check_socket_path(const std::string& path) {
  struct stat socket {};
  if (path.empty() || path.front() != '/') return error(errc::connect_failed, "not an absolute path");
  if (::stat(path.c_str(), &socket) != 0)
    return error(errc::connect_failed, fmt::format("{}: {}", path, system_message(errno)));
  for (std::size_t end = 0; end != std::string::npos; end = path.find('/', end + 1)) {
    const auto part = end == 0 ? std::string("/") : path.substr(0, end);
    struct stat found {};
    if (::stat(part.c_str(), &found) != 0)
      return error(errc::connect_failed, fmt::format("{}: {}", part, system_message(errno)));
    const auto refused = [&](std::string_view why) {
      return error(errc::connect_failed,
                   fmt::format("{} is not trusted, because {} {} (mode {:04o}, uid {}, gid {})", path, part, why,
                               found.st_mode & 07777, found.st_uid, found.st_gid));
    };
    if ((found.st_mode & S_IWOTH) != 0) return refused("is writable by everybody");
    if ((found.st_mode & S_IWGRP) != 0 && found.st_gid != 0) return refused("is writable by its group");
    if ((found.st_mode & S_IWUSR) != 0 && found.st_uid != 0 && found.st_uid != ::geteuid() &&
        found.st_uid != socket.st_uid)
      return refused("belongs to neither root nor the socket's owner");
  }
  return {};
}

std::unique_ptr<connector> make_domain_connector(std::string path, async::worker_pool& pool,
                                                 result<void> (*check)(const std::string&)) {
  return std::make_unique<domain_connector>(std::move(path), pool, check);
}

std::string domain_socket_path(std::string path, std::uint16_t port) {
  constexpr std::string_view placeholder = "_PORT";
  const auto at = path.find(placeholder);
  if (at != std::string::npos) path.replace(at, placeholder.size(), std::to_string(port));
  return path;
}

}  // namespace hdfsmount::net
