#include "net/tcp.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <climits>

#include "net/with_deadline.hpp"

namespace hdfsmount::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

error from_errno(int number) {
  if (number == EAGAIN || number == EWOULDBLOCK) return errc::would_block;
  return {errc::connection_lost, boost::system::error_code(number, boost::system::system_category()).message()};
}

class tcp_stream final : public stream {
 public:
  tcp_stream(tcp::socket socket, std::string peer) : socket_(std::move(socket)), peer_(std::move(peer)) {}

  result<std::size_t> try_read(std::span<const iovec> buffers) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(buffers.data());
    message.msg_iovlen = std::min<std::size_t>(buffers.size(), IOV_MAX);
    for (;;) {
      const auto count = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT);
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

  async::task<result<void>> wait_readable(steady_time deadline, std::size_t at_least) override {
    set_low_water_mark(static_cast<int>(std::min<std::size_t>(at_least, INT_MAX)));
    return wait(tcp::socket::wait_read, deadline);
  }
  async::task<result<void>> wait_writable(steady_time deadline) override {
    return wait(tcp::socket::wait_write, deadline);
  }

  void close() noexcept override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  bool idle_and_open() noexcept override {
    if (!socket_.is_open()) return false;
    set_low_water_mark(1);
    pollfd probe{socket_.native_handle(), POLLIN | POLLRDHUP, 0};
    return ::poll(&probe, 1, 0) == 0;
  }

  const std::string& peer() const noexcept override { return peer_; }

 private:
  /// How many bytes make the socket readable; the kernel keeps the receive buffer large enough for them.
  void set_low_water_mark(int bytes) {
    if (bytes == low_water_mark_) return;
    low_water_mark_ = bytes;
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
  }

  async::task<result<void>> wait(tcp::socket::wait_type what, steady_time deadline) {
    if (!socket_.is_open()) co_return error(errc::connection_lost, peer_);
    const auto ready = co_await with_deadline(
        deadline, [&](auto token) { return socket_.async_wait(what, std::move(token)); }, errc::connection_lost);
    if (!ready) co_return ready.error().with_context(peer_);
    co_return result<void>();
  }

  tcp::socket socket_;
  std::string peer_;
  int low_water_mark_ = 1;
};

class tcp_connector final : public connector {
 public:
  explicit tcp_connector(resolver& names) : names_(names) {}

  async::task<result<stream_ptr>> connect(host_port peer, steady_time deadline) override {
    const auto candidates = co_await names_.addresses(peer.host, deadline);
    if (!candidates) co_return candidates.error();
    error last = errc::connect_failed;
    for (auto left = candidates->size(); left > 0; --left) {
      const tcp::endpoint endpoint((*candidates)[candidates->size() - left], peer.port);
      tcp::socket socket(co_await asio::this_coro::executor);
      const auto connected = co_await with_deadline(
          share_of(deadline, left), [&](auto token) { return socket.async_connect(endpoint, std::move(token)); },
          errc::connect_failed);
      if (connected) co_return co_await finish(std::move(socket), std::move(peer));
      last = connected.error().with_context(peer.to_string());
      if (last == make_error_code(errc::cancelled)) break;
    }
    co_return last;
  }

 private:
  /// An address that does not answer leaves time for the `left` - 1 behind it.
  static steady_time share_of(steady_time deadline, std::size_t left) {
    const auto now = std::chrono::steady_clock::now();
    return deadline <= now ? deadline : now + (deadline - now) / static_cast<int>(left);
  }

  /// Binds the socket to the whole io_context instead of the connecting task's strand, which may end long before it.
  async::task<result<stream_ptr>> finish(tcp::socket socket, host_port peer) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto protocol = socket.local_endpoint(ignored).protocol();
    auto& context = static_cast<asio::io_context&>(asio::query(socket.get_executor(), asio::execution::context));
    boost::system::error_code failure;
    const auto descriptor = socket.release(failure);
    if (failure) co_return error(errc::connect_failed, peer.to_string() + ": " + failure.message());
    co_return stream_ptr(std::make_unique<tcp_stream>(tcp::socket(context, protocol, descriptor), peer.to_string()));
  }

  resolver& names_;
};

}  // namespace

std::string host_port::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

std::unique_ptr<connector> make_tcp_connector(resolver& names) {
  return std::make_unique<tcp_connector>(names);
}

}  // namespace hdfsmount::net
