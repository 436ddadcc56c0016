#include "async/sleep.hpp"
#include "client_fixture.hpp"

namespace hdfsmount::rpc {
namespace {

using namespace std::chrono_literals;
using testing::accepting_server;
using testing::answer_call;

using rpc_timing = scripted_client;

TEST_F(rpc_timing, a_call_ends_at_its_deadline_and_the_silent_connection_is_left) {
  auto server = accepting_server();
  server.expect_frame([](script&, const std::string&) {});
  connector_.add(std::move(server));
  auto second = accepting_server();
  answer_call(second, "here");
  connector_.add(std::move(second));
  const auto answer = call("a", 20ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), make_error_code(errc::timed_out));
  EXPECT_EQ(text(call("b")), "here");
  EXPECT_EQ(connector_.attempts.size(), 2U);
}

TEST_F(rpc_timing, a_slow_call_does_not_condemn_a_connection_that_lives) {
  auto server = accepting_server();
  server.expect_frame([](script& next, const std::string&) { next.send(testing::response(123456, "a sign of life")); });
  answer_call(server, "still here");
  connector_.add(std::move(server));
  EXPECT_EQ(call("a", 20ms).error().code(), make_error_code(errc::timed_out));
  EXPECT_EQ(text(call("b")), "still here");
  EXPECT_EQ(connector_.attempts.size(), 1U);
}

TEST_F(rpc_timing, a_call_that_waits_for_a_connect_ends_at_its_own_deadline) {
  connector_.add_silence();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(call("a", 20ms).error().code(), make_error_code(errc::timed_out));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(rpc_timing, a_connect_without_an_answer_is_a_failure_to_connect) {
  use([] {
    options settings;
    settings.connect_timeout = 20ms;
    return settings;
  }());
  connector_.add_silence();
  EXPECT_EQ(call("a").error().code(), make_error_code(errc::connect_failed));
}

TEST_F(rpc_timing, a_handshake_without_an_answer_is_a_failure_to_connect) {
  use([] {
    options settings;
    settings.connect_timeout = 20ms;
    settings.negotiate = true;
    return settings;
  }());
  script server;
  server.expect(std::string("hrpc\x09\x00\xdf", 7));
  server.expect_frame([](script&, const std::string& body) { testing::parse_sasl(body); });
  const auto outcome = connector_.add(std::move(server));
  EXPECT_EQ(call("a").error().code(), make_error_code(errc::connect_failed));
  EXPECT_EQ(outcome->mismatch, "");
}

TEST_F(rpc_timing, a_silent_connection_with_calls_pending_is_pinged) {
  use([] {
    options settings;
    settings.ping_interval = 20ms;
    return settings;
  }());
  auto server = accepting_server();
  auto call_id = std::make_shared<std::int32_t>(0);
  server.expect_frame([call_id](script&, const std::string& body) { *call_id = testing::parse_call(body).call_id; });
  server.expect_frame([call_id](script& next, const std::string& body) {
    EXPECT_EQ(testing::parse_call_id(body), wire::ping_call_id);
    next.send(testing::response(*call_id, "slow"));
  });
  connector_.add(std::move(server));
  EXPECT_EQ(text(call("a")), "slow");
}

TEST_F(rpc_timing, an_idle_connection_is_closed_quietly_and_replaced_when_needed) {
  use([] {
    options settings;
    settings.max_idle = 20ms;
    return settings;
  }());
  auto server = accepting_server();
  answer_call(server, "one");
  const auto outcome = connector_.add(std::move(server));
  auto second = accepting_server();
  answer_call(second, "two");
  connector_.add(std::move(second));
  EXPECT_EQ(text(call("a")), "one");
  EXPECT_TRUE(tasks_.drain()) << "nothing is left but for the pool's entry";
  EXPECT_EQ(numbers_.get("rpc_connections").value(), 0);
  EXPECT_EQ(outcome->unread, "") << "no ping on an idle connection";
  EXPECT_EQ(text(call("b")), "two");
}

}  // namespace
}  // namespace hdfsmount::rpc
