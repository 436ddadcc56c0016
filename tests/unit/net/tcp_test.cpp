#include "net/tcp.hpp"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "async/sleep.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using testing::in;
using testing::task_runner;

/// A real connection over the loopback interface; `peer` is the other side's socket.
class tcp_streams : public ::testing::Test {
 protected:
  tcp_streams() : connector_(net::make_tcp_connector(names_)) {}

  net::host_port here() const { return {"127.0.0.1", listener_.local_endpoint().port()}; }

  net::stream_ptr connect() {
    auto stream = tasks_.run(connector_->connect(here(), in(5s)));
    EXPECT_TRUE(stream) << stream.error().to_string();
    listener_.accept(peer_);
    return std::move(*stream);
  }

  task_runner tasks_;
  clock_source clock_;
  net::resolver names_{clock_};
  std::unique_ptr<net::connector> connector_;
  tcp::acceptor listener_{tasks_.context(), tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  tcp::socket peer_{tasks_.context()};
};

bool is(const error& what, errc code) {
  return what == make_error_code(code);
}

TEST_F(tcp_streams, a_refused_connection_names_the_peer) {
  const auto nobody = here();
  listener_.close();
  const auto stream = tasks_.run(connector_->connect(nobody, in(5s)));
  ASSERT_FALSE(stream);
  EXPECT_TRUE(is(stream.error(), errc::connect_failed)) << stream.error().to_string();
  EXPECT_NE(stream.error().detail().find(nobody.to_string()), std::string_view::npos);
}

TEST_F(tcp_streams, an_unknown_host_is_told_from_an_unreachable_one) {
  const auto stream = tasks_.run(connector_->connect({"no-such-host.invalid", 1}, in(10s)));
  ASSERT_FALSE(stream);
  EXPECT_TRUE(is(stream.error(), errc::unknown_host)) << stream.error().to_string();
  EXPECT_NE(stream.error().detail().find("no-such-host.invalid"), std::string_view::npos);
}

TEST_F(tcp_streams, a_name_is_resolved) {
  const auto stream = tasks_.run(connector_->connect({"localhost", here().port}, in(10s)));
  EXPECT_TRUE(stream) << stream.error().to_string();
}

/// A listener at 127.0.0.2 whose queue is full: Linux does not answer to further connects.
class deaf_listener {
 public:
  deaf_listener(task_runner& tasks, net::connector& connector, std::uint16_t port) : acceptor_(tasks.context()) {
    acceptor_.open(tcp::v4());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind({boost::asio::ip::make_address("127.0.0.2"), port});
    acceptor_.listen(0);
    for (int i = 0; i < 16; ++i) {
      auto stream = tasks.run(connector.connect(where(), in(200ms)));
      if (!stream) {
        EXPECT_TRUE(is(stream.error(), errc::timed_out)) << stream.error().to_string();
        return;
      }
      queued_.push_back(std::move(*stream));
    }
    ADD_FAILURE() << "the listener's queue never filled";
  }

  net::host_port where() const { return {"127.0.0.2", acceptor_.local_endpoint().port()}; }

 private:
  tcp::acceptor acceptor_;
  std::vector<net::stream_ptr> queued_;
};

TEST_F(tcp_streams, a_connect_that_gets_no_answer_ends_at_its_deadline) {
  const deaf_listener deaf(tasks_, *connector_, 0);
  const auto stream = tasks_.run(connector_->connect(deaf.where(), in(100ms)));
  ASSERT_FALSE(stream);
  EXPECT_TRUE(is(stream.error(), errc::timed_out)) << stream.error().to_string();
}

TEST_F(tcp_streams, an_address_that_does_not_answer_leaves_time_for_the_next) {
  const deaf_listener deaf(tasks_, *connector_, here().port);
  const auto two_addresses = [](const std::string&) -> result<net::address_list> {
    return net::address_list{boost::asio::ip::make_address("127.0.0.2"), boost::asio::ip::address_v4::loopback()};
  };
  net::resolver names(clock_, two_addresses);
  const auto connector = net::make_tcp_connector(names);
  const auto stream = tasks_.run(connector->connect({"two", here().port}, in(2s)));
  EXPECT_TRUE(stream) << stream.error().to_string();
}

TEST_F(tcp_streams, moves_bytes_both_ways_and_says_would_block) {
  const auto stream = connect();
  std::array<std::byte, 4> buffer{};
  const iovec into{buffer.data(), buffer.size()};
  EXPECT_TRUE(is(stream->try_read({&into, 1}).error(), errc::would_block));
  EXPECT_TRUE(tasks_.run(net::write_all(*stream, std::as_bytes(std::span("ping", 4)), in(5s))));
  std::string echo(4, '\0');
  boost::asio::read(peer_, boost::asio::buffer(echo));
  EXPECT_EQ(echo, "ping");
  boost::asio::write(peer_, boost::asio::buffer(echo));
  EXPECT_TRUE(tasks_.run(net::read_exactly(*stream, net::mutable_byte_span(buffer), in(5s))));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(buffer.data()), 4), "ping");
}

TEST_F(tcp_streams, writes_more_than_the_peer_has_room_for) {
  const auto stream = connect();
  const std::vector<std::byte> much(16U << 20, std::byte{'x'});
  const auto blocked = tasks_.run(net::write_all(*stream, much, in(100ms)));
  ASSERT_FALSE(blocked);
  EXPECT_TRUE(is(blocked.error(), errc::timed_out));
}

TEST_F(tcp_streams, a_read_ends_at_its_deadline) {
  const auto stream = connect();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(is(tasks_.run(stream->wait_readable(in(20ms), 1)).error(), errc::timed_out));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(tcp_streams, fewer_bytes_than_asked_for_wake_nobody) {
  const auto stream = connect();
  boost::asio::write(peer_, boost::asio::buffer(std::string(999, 'x')));
  EXPECT_TRUE(is(tasks_.run(stream->wait_readable(in(50ms), 1000)).error(), errc::timed_out));
  boost::asio::write(peer_, boost::asio::buffer("y", 1));
  EXPECT_TRUE(tasks_.run(stream->wait_readable(in(20s), 1000)));
  EXPECT_FALSE(stream->idle_and_open());
}

TEST_F(tcp_streams, a_read_takes_what_came_when_less_came_than_hoped_for) {
  const auto stream = connect();
  boost::asio::write(peer_, boost::asio::buffer("abc", 3));
  std::array<std::byte, 8> buffer{};
  std::ignore = stream->try_read(std::array{iovec{buffer.data(), 1}});
  std::ignore = stream->try_read(std::array{iovec{buffer.data(), 2}});
  boost::asio::steady_timer soon(tasks_.context(), 20ms);
  soon.async_wait([this](auto) { boost::asio::write(peer_, boost::asio::buffer("de", 2)); });
  const auto count = tasks_.run(net::read_some(*stream, net::mutable_byte_span(buffer), in(100ms), 1000));
  ASSERT_TRUE(count) << count.error().to_string();
  EXPECT_EQ(*count, 2U);
}

TEST_F(tcp_streams, the_end_of_the_stream_wakes_who_waits_for_more) {
  const auto stream = connect();
  boost::asio::write(peer_, boost::asio::buffer("x", 1));
  peer_.close();
  EXPECT_TRUE(tasks_.run(stream->wait_readable(in(20s), 1000)));
}

TEST_F(tcp_streams, the_end_of_the_stream_is_a_lost_connection) {
  const auto stream = connect();
  EXPECT_TRUE(stream->idle_and_open());
  peer_.close();
  std::array<std::byte, 1> buffer{};
  EXPECT_TRUE(
      is(tasks_.run(net::read_some(*stream, net::mutable_byte_span(buffer), in(5s))).error(), errc::connection_lost));
  EXPECT_FALSE(stream->idle_and_open());
}

TEST_F(tcp_streams, a_byte_nobody_asked_for_makes_an_idle_connection_useless) {
  const auto stream = connect();
  boost::asio::write(peer_, boost::asio::buffer("?", 1));
  EXPECT_TRUE(tasks_.run(stream->wait_readable(in(5s), 1)));
  EXPECT_FALSE(stream->idle_and_open());
}

async::task<void> wait_for_bytes(net::stream& from, std::vector<error>& seen) {
  for (int i = 0; i < 2; ++i) {
    const auto ready = co_await from.wait_readable(in(20s), 1);
    if (!ready) seen.push_back(ready.error());
  }
}

TEST_F(tcp_streams, cancelling_the_task_ends_its_waits) {
  const auto stream = connect();
  std::vector<error> seen;
  const auto task = tasks_.start(wait_for_bytes(*stream, seen));
  tasks_.context().poll();
  EXPECT_TRUE(seen.empty());
  task.cancel();
  EXPECT_TRUE(tasks_.drain(2s));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(is(seen[0], errc::cancelled));
  EXPECT_TRUE(is(seen[1], errc::cancelled));
}

TEST_F(tcp_streams, closing_ends_a_wait_in_progress) {
  const auto stream = connect();
  std::vector<error> seen;
  tasks_.start(wait_for_bytes(*stream, seen));
  tasks_.context().poll();
  stream->close();
  EXPECT_TRUE(tasks_.drain(2s));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(is(seen[0], errc::connection_lost));
  EXPECT_TRUE(is(seen[1], errc::connection_lost));
}

TEST(host_port, brackets_ipv6_addresses) {
  EXPECT_EQ(net::host_port("nn.example.org", 8020).to_string(), "nn.example.org:8020");
  EXPECT_EQ(net::host_port("::1", 8020).to_string(), "[::1]:8020");
}

}  // namespace
}  // namespace hdfsmount
