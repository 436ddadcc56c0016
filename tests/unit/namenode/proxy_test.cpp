#include "proxy_fixture.hpp"

namespace hdfsmount::namenode {
namespace {

using namespace std::chrono_literals;

using namenode_proxy = scripted_namenodes;

constexpr auto standby_class = "org.apache.hadoop.ipc.StandbyException";
constexpr auto retriable_class = "org.apache.hadoop.ipc.RetriableException";

TEST_F(namenode_proxy, hands_up_an_answer_and_counts_the_call) {
  serving("result");
  EXPECT_EQ(text(call()), "result");
  EXPECT_EQ(numbers_.get("namenode_calls", "getFileInfo").value(), 1);
}

TEST_F(namenode_proxy, a_final_exception_is_translated_and_counted) {
  refusing("java.io.FileNotFoundException", "no /x\n\tat somewhere");
  const auto answer = call();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().to_string(), "no such file or directory: NameNode nn1:8020: FileNotFoundException: no /x");
  EXPECT_EQ(numbers_.get("namenode_errors", "FileNotFoundException").value(), 1);
}

TEST_F(namenode_proxy, a_single_namenode_is_awaited) {
  for (int i = 0; i < 4; ++i) connector_.add_failure(error(errc::connect_failed, "nn1:8020: Connection refused"));
  serving("at last");
  EXPECT_EQ(text(call()), "at last");
  EXPECT_EQ(connector_.attempts.size(), 5U);
}

TEST_F(namenode_proxy, gives_up_at_the_deadline_and_says_why) {
  const auto answer = call(40ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), make_error_code(errc::timed_out));
  EXPECT_NE(answer.error().detail().find("cannot connect: NameNode nn1:8020"), std::string_view::npos)
      << answer.error().to_string();
  const auto second = call(1ms);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail().find("cannot connect"), std::string_view::npos)
      << "also to a call that came during the pause: " << second.error().to_string();
}

TEST_F(namenode_proxy, fails_fast_when_told_to) {
  connector_.add_failure(error(errc::connect_failed, "nn1:8020: Connection refused"));
  EXPECT_EQ(text(call(10s, patience::fail_fast)), "cannot connect: NameNode nn1:8020: Connection refused");
  EXPECT_EQ(connector_.attempts.size(), 1U);

  use(settings(3));
  refusing(standby_class);
  refusing(standby_class);
  refusing(standby_class);
  EXPECT_EQ(call(10s, patience::fail_fast).error().code(), make_error_code(namenode_errc::standby));
  EXPECT_EQ(hosts(), "nn1 nn1 nn2 nn3") << "one connection to nn1 for the first proxy, one for the second";
}

TEST_F(namenode_proxy, a_lost_idle_connection_is_replaced_at_once) {
  auto slow = settings(1);
  slow.backoff_base = 60s;
  slow.backoff_max = 60s;
  use(std::move(slow));
  auto server = testing::accepting_server();
  server.expect_frame([](testing::script& next, const std::string&) { next.close(); });
  connector_.add(std::move(server));
  serving("again");
  EXPECT_EQ(text(call()), "again");
}

TEST_F(namenode_proxy, a_repetition_keeps_its_identity) {
  std::vector<testing::received_request> got;
  for (int i = 0; i < 2; ++i) {
    auto server = testing::accepting_server();
    server.expect_frame([&got](testing::script& next, const std::string& body) {
      got.push_back(testing::parse_call(body));
      if (got.size() == 1) {
        next.close();
      } else {
        next.send(testing::response(got.back().call_id, ""));
      }
    });
    connector_.add(std::move(server));
  }
  ASSERT_TRUE(call());
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].call_id, got[1].call_id);
  EXPECT_EQ(got[0].client_id, got[1].client_id);
  EXPECT_EQ(got[1].retry_count, 1);
}

TEST_F(namenode_proxy, a_standby_leads_to_the_next_one_and_that_is_remembered) {
  use(settings(2));
  refusing(standby_class);
  auto active = testing::accepting_server();
  testing::answer_call(active, "one");
  testing::answer_call(active, "two");
  connector_.add(std::move(active));
  EXPECT_EQ(text(call()), "one");
  EXPECT_EQ(text(call()), "two");
  EXPECT_EQ(hosts(), "nn1 nn2");
  EXPECT_EQ(proxy_->current().host, "nn2");
}

TEST_F(namenode_proxy, a_dead_one_leads_to_the_next_one_without_a_pause) {
  auto slow = settings(2);
  slow.backoff_base = 60s;
  slow.backoff_max = 60s;
  use(std::move(slow));
  connector_.add_failure(error(errc::connect_failed, "nn1:8020: Connection refused"));
  serving("alive");
  EXPECT_EQ(text(call()), "alive");
}

TEST_F(namenode_proxy, a_silent_one_gets_only_a_part_of_the_time) {
  use(settings(2));
  auto server = testing::accepting_server();
  server.expect_frame([](testing::script&, const std::string&) {});
  connector_.add(std::move(server));
  serving("alive");
  EXPECT_EQ(text(call(200ms)), "alive");
  EXPECT_EQ(hosts(), "nn1 nn2");
}

TEST_F(namenode_proxy, goes_round_until_one_becomes_active) {
  use(settings(2));
  auto first = testing::accepting_server();
  testing::refuse_call(first, standby_class, "no");
  testing::refuse_call(first, standby_class, "no");
  connector_.add(std::move(first));
  auto second = testing::accepting_server();
  testing::refuse_call(second, standby_class, "no");
  testing::answer_call(second, "promoted");
  connector_.add(std::move(second));
  EXPECT_EQ(text(call()), "promoted");
  EXPECT_EQ(numbers_.get("namenode_calls", "getFileInfo").value(), 4);
}

TEST_F(namenode_proxy, a_busy_one_is_asked_again_after_a_pause) {
  use(settings(2));
  auto server = testing::accepting_server();
  testing::refuse_call(server, retriable_class, "too busy");
  testing::refuse_call(server, "org.apache.hadoop.hdfs.server.namenode.SafeModeException", "starting");
  testing::answer_call(server, "now");
  connector_.add(std::move(server));
  EXPECT_EQ(text(call()), "now");
  EXPECT_EQ(hosts(), "nn1");
}

TEST_F(namenode_proxy, a_refusal_that_lasts_is_what_the_caller_gets) {
  auto server = testing::accepting_server();
  for (int i = 0; i < 100; ++i)
    testing::refuse_call(server, "org.apache.hadoop.hdfs.server.namenode.SafeModeException", "starting");
  connector_.add(std::move(server));
  EXPECT_EQ(call(50ms).error().code(), make_error_code(namenode_errc::safe_mode));
}

TEST_F(namenode_proxy, authentication_is_not_tried_again) {
  auto server = testing::accepting_server();
  server.send(testing::exception(-1, wire::rpc_status::fatal, "org.apache.hadoop.security.AccessControlException",
                                 "SIMPLE authentication is not enabled.  Available:[TOKEN, KERBEROS]",
                                 wire::rpc_error_code::fatal_unauthorized));
  server.close();
  connector_.add(std::move(server));
  EXPECT_EQ(call().error().code(), make_error_code(errc::authentication_failed));
  EXPECT_EQ(connector_.attempts.size(), 1U);
}

async::task<void> call_once(proxy& from, call_context context, int& answered) {
  const auto answer = co_await from.call(std::move(context), "getFileInfo", std::string());
  if (answer) ++answered;
}

TEST_F(namenode_proxy, an_outage_costs_one_attempt_a_pause_however_many_wait) {
  constexpr int callers = 40;
  for (int i = 0; i < 3; ++i) connector_.add_failure(error(errc::connect_failed, "nn1:8020: Connection refused"));
  auto server = testing::accepting_server();
  for (int i = 0; i < callers; ++i) testing::answer_call(server, "");
  connector_.add(std::move(server));
  int answered = 0;
  for (int i = 0; i < callers; ++i) tasks_.start(call_once(*proxy_, context(), answered));
  while (answered < callers && tasks_.context().run_one_for(5s) > 0) {
  }
  EXPECT_EQ(answered, callers);
  EXPECT_EQ(connector_.attempts.size(), 4U);
}

TEST_F(namenode_proxy, bounds_the_calls_in_flight) {
  auto few = settings(1);
  few.max_calls = 2;
  use(std::move(few));
  auto server = testing::accepting_server();
  std::vector<std::int32_t> held;
  for (int i = 0; i < 2; ++i) {
    server.expect_frame(
        [&held](testing::script&, const std::string& body) { held.push_back(testing::parse_call(body).call_id); });
  }
  connector_.add(std::move(server));
  int answered = 0;
  tasks_.start(call_once(*proxy_, context(300ms), answered));
  tasks_.start(call_once(*proxy_, context(300ms), answered));
  tasks_.context().poll();
  ASSERT_EQ(held.size(), 2U);
  const auto third = call(20ms);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().to_string(), "timed out: waiting for earlier calls to NameNodes");
  EXPECT_EQ(numbers_.get("namenode_calls", "getFileInfo").value(), 2);
}

TEST_F(namenode_proxy, a_cancelled_call_ends_also_in_a_pause) {
  auto slow = settings(1);
  slow.backoff_base = 60s;
  slow.backoff_max = 60s;
  use(std::move(slow));
  connector_.add_failure(error(errc::connect_failed, "nn1:8020: Connection refused"));
  int answered = 0;
  bool ended = false;
  const auto task = async::spawn(tasks_.executor(), tasks_.log(), call_once(*proxy_, context(100s), answered),
                                 [&ended] { ended = true; });
  tasks_.context().poll();
  EXPECT_FALSE(ended);
  task.cancel();
  EXPECT_TRUE(tasks_.drain(2s));
  EXPECT_TRUE(ended);
  EXPECT_EQ(answered, 0);
}

TEST(backoff, doubles_up_to_the_maximum_and_is_jittered_by_half) {
  options settings("ns1", {net::host_port("nn1", 8020)});
  settings.backoff_base = 500ms;
  settings.backoff_max = 15'000ms;
  const milliseconds expected[] = {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 15'000ms, 15'000ms};
  for (int attempt = 0; attempt < 7; ++attempt) {
    for (int i = 0; i < 100; ++i) {
      EXPECT_GE(backoff(settings, attempt), expected[attempt]);
      EXPECT_LE(backoff(settings, attempt), expected[attempt] * 3 / 2);
    }
  }
  EXPECT_LE(backoff(settings, 1'000'000), 22'500ms);
}

}  // namespace
}  // namespace hdfsmount::namenode
