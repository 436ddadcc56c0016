#include "control/server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "control/client.hpp"
#include "control/socket_path.hpp"
#include "control/unix_socket.hpp"

namespace hdfsmount::control {
namespace {

namespace json = boost::json;

class control_test : public testing::Test {
 protected:
  control_test() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hdfsmount-control-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/run/mount.sock";
  }
  ~control_test() override {
    guard_.reset();
    context_.stop();
    thread_.join();
    std::filesystem::remove_all(directory_);
  }

  void add_echo(server& target) {
    target.on("echo", [](const json::object& request) -> result<json::value> { return request.at("text"); });
    target.on("fail", [](const json::object&) -> result<json::value> { return error(errc::invalid_name, "no\nway"); });
  }
  result<json::value> ask_command(const char* command, const char* text = "") {
    return ask(path_, {{"command", command}, {"text", text}}, milliseconds(5000));
  }
  /// Everything the server sends on a connection until it closes it.
  static std::string read_all(int fd) {
    std::string out;
    char chunk[512];
    for (;;) {
      const auto count = ::recv(fd, chunk, sizeof chunk, 0);
      if (count > 0) out.append(chunk, static_cast<std::size_t>(count));
      if (count == 0 || (count < 0 && errno != EAGAIN)) return out;
      if (count < 0) std::this_thread::sleep_for(milliseconds(2));
    }
  }

  logger log_ = logger::to_stderr(log_level::off);
  boost::asio::io_context context_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guard_{
      boost::asio::make_work_guard(context_)};
  std::thread thread_{[this] { context_.run(); }};
  std::string directory_;
  std::string path_;
};

TEST_F(control_test, answers_a_command_on_a_socket_only_the_owner_can_use) {
  server daemon(context_.get_executor(), log_);
  add_echo(daemon);
  ASSERT_TRUE(daemon.listen(path_));
  const auto answer = ask_command("echo", "hello");
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(answer->as_string(), "hello");
  struct stat found {};
  ASSERT_EQ(::lstat(path_.c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 0777, 0600U);
}

TEST_F(control_test, refusals_carry_their_reason) {
  server daemon(context_.get_executor(), log_);
  add_echo(daemon);
  ASSERT_TRUE(daemon.listen(path_));
  EXPECT_EQ(ask_command("nothing").error().detail(), "unknown command");
  EXPECT_EQ(ask_command("fail").error().detail(), "invalid name: no way");
}

TEST_F(control_test, replaces_a_socket_nobody_serves_and_refuses_one_that_is_served) {
  server first(context_.get_executor(), log_);
  add_echo(first);
  ASSERT_TRUE(first.listen(path_));
  server second(context_.get_executor(), log_);
  add_echo(second);
  EXPECT_FALSE(second.listen(path_));
  EXPECT_TRUE(ask_command("echo", "still there"));

  const auto stale = directory_ + "/run/stale.sock";
  std::filesystem::create_hard_link(path_, stale);
  first.stop();
  EXPECT_FALSE(std::filesystem::exists(path_));
  const auto refused = [&] {
    const auto probe = connect_unix(stale);
    if (probe) ::close(*probe);
    return !probe && probe.error().code() == boost::system::errc::connection_refused;
  };
  for (int i = 0; i < 500 && !refused(); ++i) std::this_thread::sleep_for(milliseconds(10));
  ASSERT_TRUE(refused()) << "the stopped server still accepts";
  server third(context_.get_executor(), log_);
  add_echo(third);
  EXPECT_TRUE(third.listen(stale));
  path_ = stale;
  EXPECT_TRUE(ask_command("echo", "replaced"));
}

TEST_F(control_test, takes_away_no_file_that_is_not_a_socket) {
  std::filesystem::create_directories(directory_ + "/run");
  std::filesystem::permissions(directory_ + "/run", std::filesystem::perms::owner_all);
  std::ofstream(path_) << "precious";
  server listening(context_.get_executor(), log_);
  const auto refused = listening.listen(path_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().to_string().find(path_), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(path_), 8U);
}

TEST_F(control_test, a_path_too_long_for_a_socket_is_named) {
  server listening(context_.get_executor(), log_);
  const auto refused = listening.listen(directory_ + "/" + std::string(120, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().to_string().find("too long"), std::string::npos);
}

TEST_F(control_test, a_silent_client_does_not_keep_others_waiting) {
  server daemon(context_.get_executor(), log_);
  add_echo(daemon);
  ASSERT_TRUE(daemon.listen(path_));
  const auto silent = connect_unix(path_);
  ASSERT_TRUE(silent);
  EXPECT_TRUE(ask_command("echo", "served"));
  ::close(*silent);
}

TEST_F(control_test, stop_ends_an_exchange_with_a_silent_client) {
  const auto fd = [&] {
    server daemon(context_.get_executor(), log_);
    add_echo(daemon);
    EXPECT_TRUE(daemon.listen(path_));
    const auto silent = connect_unix(path_);
    EXPECT_TRUE(ask_command("echo", "accepted after the silent one"));
    return silent;
  }();
  ASSERT_TRUE(fd);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(read_all(*fd), "");
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(5));
  ::close(*fd);
}

TEST_F(control_test, what_is_no_request_is_refused) {
  server daemon(context_.get_executor(), log_);
  ASSERT_TRUE(daemon.listen(path_));
  const std::pair<std::string, std::string> cases[] = {
      {"[1]\n", "the request is not a JSON object"},
      {"{\n", "the request is not a JSON object"},
      {"{\"command\":3}\n", "the request names no command"},
      {std::string(max_request_size + 5000, 'x'), "the request is too long"},
  };
  for (const auto& [request, reason] : cases) {
    const auto fd = connect_unix(path_);
    ASSERT_TRUE(fd);
    ASSERT_EQ(::send(*fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    EXPECT_NE(read_all(*fd).find(reason), std::string::npos) << reason;
    ::close(*fd);
  }
}

TEST_F(control_test, a_directory_others_can_write_to_is_not_used) {
  std::filesystem::create_directory(directory_ + "/run");
  ASSERT_EQ(::chmod((directory_ + "/run").c_str(), 0777), 0);
  server daemon(context_.get_executor(), log_);
  EXPECT_FALSE(daemon.listen(path_));
}

TEST_F(control_test, without_a_daemon_the_client_gets_the_systems_error) {
  EXPECT_EQ(ask_command("echo").error().code(), boost::system::errc::no_such_file_or_directory);
}

TEST(socket_path, is_stable_short_and_distinct) {
  const auto one = socket_path("/run/hdfsmount", "/mnt/data");
  EXPECT_EQ(one, socket_path("/run/hdfsmount", "/mnt/data"));
  EXPECT_NE(one, socket_path("/run/hdfsmount", "/srv/data"));
  EXPECT_LT(socket_path("/run/user/4294967294/hdfsmount", "/" + std::string(4000, 'x')).size(), 108U);
  EXPECT_EQ(socket_path("/r", "/a b\n").find('\n'), std::string::npos);
}

TEST(socket_path, runtime_directory_follows_the_user) {
  EXPECT_EQ(runtime_directory(0, "/ignored"), "/run/hdfsmount");
  EXPECT_EQ(runtime_directory(1000, "/run/x"), "/run/x/hdfsmount");
  EXPECT_EQ(runtime_directory(1000, ""), "/run/user/1000/hdfsmount");
}

TEST(resolve_mount_point, follows_links_and_reports_what_is_missing) {
  EXPECT_EQ(*resolve_mount_point("/proc/../usr/./lib/.."), "/usr");
  EXPECT_EQ(resolve_mount_point("/does/not/exist").error().code(), boost::system::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace hdfsmount::control
