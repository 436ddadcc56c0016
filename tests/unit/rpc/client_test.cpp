#include <map>

#include "client_fixture.hpp"

namespace hdfsmount::rpc {
namespace {

using namespace std::chrono_literals;
using testing::accepting_server;
using testing::answer_call;

using rpc_client = scripted_client;

TEST_F(rpc_client, sends_a_call_and_hands_up_the_reply) {
  use([] {
    options settings;
    settings.caller_context = "hdfsmount:host:/mnt";
    return settings;
  }());
  auto server = accepting_server();
  server.expect_frame([](script& next, const std::string& body) {
    const auto got = testing::parse_call(body);
    EXPECT_EQ(got.method, "getFileInfo");
    EXPECT_EQ(got.protocol, "org.apache.hadoop.hdfs.protocol.ClientProtocol");
    EXPECT_EQ(got.arguments, "arguments");
    EXPECT_EQ(got.retry_count, 0);
    EXPECT_EQ(got.client_id.size(), 16U);
    EXPECT_EQ(got.caller_context, "hdfsmount:host:/mnt,uid:1000,pid:4711");
    next.send(testing::response(got.call_id, "result"));
  });
  const auto outcome = connector_.add(std::move(server));
  EXPECT_EQ(text(call("getFileInfo")), "result");
  EXPECT_EQ(outcome->mismatch, "");
  EXPECT_EQ(numbers_.get("rpc_connects").value(), 1);
  EXPECT_EQ(numbers_.get("rpc_connections").value(), 1);
  EXPECT_GT(numbers_.get("rpc_bytes_sent").value(), 0);
  EXPECT_GT(numbers_.get("rpc_bytes_received").value(), 0);
}

TEST_F(rpc_client, a_repetition_keeps_the_call_id) {
  auto server = accepting_server();
  std::vector<testing::received_request> got;
  for (int i = 0; i < 2; ++i) {
    server.expect_frame([&got](script& next, const std::string& body) {
      got.push_back(testing::parse_call(body));
      next.send(testing::response(got.back().call_id, ""));
    });
  }
  connector_.add(std::move(server));
  auto first = asking("create");
  auto second = first;
  second.identity = first.identity.repeated();
  ASSERT_TRUE(tasks_.run(client_->call(as("alice"), std::move(first))));
  ASSERT_TRUE(tasks_.run(client_->call(as("alice"), std::move(second))));
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].call_id, got[1].call_id);
  EXPECT_EQ(got[0].client_id, got[1].client_id);
  EXPECT_EQ(got[0].retry_count, 0);
  EXPECT_EQ(got[1].retry_count, 1);
}

async::task<void> store_reply(client& from, call_context context, request what, result<reply>& into, int& left) {
  into = co_await from.call(std::move(context), std::move(what));
  --left;
}

TEST_F(rpc_client, many_calls_share_a_connection_overtake_each_other_and_leave_together) {
  constexpr int count = 50;
  auto server = accepting_server();
  auto waiting = std::make_shared<std::vector<testing::received_request>>();
  for (int i = 0; i < count; ++i) {
    server.expect_frame([waiting](script& next, const std::string& body) {
      waiting->push_back(testing::parse_call(body));
      if (waiting->size() < count) return;
      for (auto it = waiting->rbegin(); it != waiting->rend(); ++it)
        next.send(testing::response(it->call_id, it->method));
    });
  }
  const auto outcome = connector_.add(std::move(server));
  std::vector<result<reply>> replies(count, result<reply>(error(errc::timed_out)));
  int left = count;
  for (int i = 0; i < count; ++i)
    tasks_.start(
        store_reply(*client_, as("alice"), asking(std::to_string(i)), replies[static_cast<std::size_t>(i)], left));
  while (left > 0 && tasks_.context().run_one_for(5s) > 0) {
  }
  EXPECT_EQ(left, 0);
  for (int i = 0; i < count; ++i) EXPECT_EQ(text(replies[static_cast<std::size_t>(i)]), std::to_string(i));
  EXPECT_EQ(connector_.attempts.size(), 1U);
  EXPECT_LE(outcome->writes, 3U) << "handshake, then all requests at once";
}

TEST_F(rpc_client, users_and_servers_have_connections_of_their_own) {
  std::map<std::string, int> users;
  for (int i = 0; i < 3; ++i) {
    testing::script server;
    server.expect(std::string("hrpc\x09\x00\x00", 7));
    server.expect_frame([&users](script&, const std::string& body) {
      ++users[testing::parse_connection_context(body).effective_user];
    });
    answer_call(server, "");
    if (i == 0) answer_call(server, "");
    connector_.add(std::move(server));
  }
  EXPECT_TRUE(tasks_.run(client_->call(as("alice"), asking("a"))));
  EXPECT_TRUE(tasks_.run(client_->call(as("bob"), asking("a"))));
  EXPECT_TRUE(tasks_.run(client_->call(as("alice"), asking("a"))));
  auto elsewhere = asking("a");
  elsewhere.server.host = "nn2";
  EXPECT_TRUE(tasks_.run(client_->call(as("alice"), std::move(elsewhere))));
  EXPECT_EQ(users, (std::map<std::string, int>{{"alice", 2}, {"bob", 1}}));
}

TEST_F(rpc_client, an_exception_concerns_its_call_only) {
  auto server = accepting_server();
  testing::refuse_call(server, "java.io.FileNotFoundException", "no /x");
  answer_call(server, "fine");
  connector_.add(std::move(server));
  EXPECT_EQ(text(call("a")), "java.io.FileNotFoundException: no /x");
  EXPECT_EQ(text(call("b")), "fine");
  EXPECT_EQ(connector_.attempts.size(), 1U);
}

TEST_F(rpc_client, a_fatal_exception_to_a_call_ends_the_connection_for_the_others) {
  auto server = accepting_server();
  server.expect_frame([](script&, const std::string&) {});
  server.expect_frame([](script& next, const std::string& body) {
    next.send(testing::exception(testing::parse_call(body).call_id, wire::rpc_status::fatal, "x.Busy", "later"));
  });
  connector_.add(std::move(server));
  result<reply> first = error(errc::timed_out);
  int left = 1;
  tasks_.start(store_reply(*client_, as("alice"), asking("a"), first, left));
  tasks_.context().poll();
  const auto second = call("b");
  EXPECT_EQ(text(second), "x.Busy: later");
  EXPECT_TRUE(second->exception->fatal);
  while (left > 0 && tasks_.context().run_one_for(5s) > 0) {
  }
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code(), make_error_code(errc::connection_lost));
}

TEST_F(rpc_client, a_refused_user_is_told_to_every_call) {
  auto server = accepting_server();
  server.send(testing::exception(-3, wire::rpc_status::fatal,
                                 "org.apache.hadoop.security.authorize.AuthorizationException", "not you",
                                 wire::rpc_error_code::fatal_unauthorized));
  server.close();
  connector_.add(std::move(server));
  EXPECT_EQ(text(call("a")), "org.apache.hadoop.security.authorize.AuthorizationException: not you");
}

TEST_F(rpc_client, replies_to_nobody_are_dropped) {
  auto server = accepting_server();
  server.expect_frame([](script& next, const std::string& body) {
    const auto id = testing::parse_call(body).call_id;
    next.send(testing::response(id + 1000, "stray"));
    next.send(testing::exception(-7, wire::rpc_status::error, "x.Odd", "stray"));
    next.send(testing::response(id, "mine"));
    next.send(testing::response(id, "again"));
  });
  answer_call(server, "next");
  connector_.add(std::move(server));
  EXPECT_EQ(text(call("a")), "mine");
  EXPECT_EQ(text(call("b")), "next");
  EXPECT_EQ(connector_.attempts.size(), 1U);
}

TEST_F(rpc_client, bytes_that_break_the_protocol_end_all_calls) {
  for (const auto& bytes : {testing::framed("\xff\xff\xff"), std::string("\x7f\xff\xff\xff", 4),
                            std::string("HTTP/1.1 400 Bad Request\r\n\r\n")}) {
    auto server = accepting_server();
    server.send(bytes);
    connector_.add(std::move(server));
    const auto answer = call("a");
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error() == make_error_code(errc::protocol_error) ||
                answer.error() == make_error_code(errc::limit_exceeded))
        << answer.error().to_string();
    EXPECT_NE(answer.error().detail().find("nn:8020"), std::string_view::npos);
  }
}

TEST_F(rpc_client, after_a_lost_connection_the_next_call_makes_a_new_one) {
  auto server = accepting_server();
  server.expect_frame([](script& next, const std::string&) { next.close(); });
  connector_.add(std::move(server));
  auto second = accepting_server();
  answer_call(second, "back");
  connector_.add(std::move(second));
  const auto lost = call("a");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), make_error_code(errc::connection_lost));
  EXPECT_EQ(text(call("a")), "back");
}

TEST_F(rpc_client, a_failed_connect_is_told_with_its_reason) {
  connector_.add_failure(error(errc::connect_failed, "nn:8020: Connection refused"));
  EXPECT_EQ(text(call("a")), "cannot connect: nn:8020: Connection refused");
}

TEST_F(rpc_client, cancelling_one_call_leaves_the_others_alone) {
  auto server = accepting_server();
  auto abandoned = std::make_shared<std::int32_t>(0);
  server.expect_frame(
      [abandoned](script&, const std::string& body) { *abandoned = testing::parse_call(body).call_id; });
  server.expect_frame([abandoned](script& next, const std::string& body) {
    next.send(testing::response(*abandoned, "too late"));
    next.send(testing::response(testing::parse_call(body).call_id, "in time"));
  });
  connector_.add(std::move(server));
  result<reply> first = error(errc::timed_out);
  int left = 1;
  const auto task = tasks_.start(store_reply(*client_, as("alice"), asking("a"), first, left));
  tasks_.context().poll();
  task.cancel();
  tasks_.context().poll();
  EXPECT_EQ(left, 0);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code(), make_error_code(errc::cancelled));
  EXPECT_EQ(text(call("b")), "in time");
  EXPECT_EQ(connector_.attempts.size(), 1U);
}

TEST_F(rpc_client, close_ends_calls_and_refuses_new_ones) {
  auto server = accepting_server();
  server.expect_frame([](script&, const std::string&) {});
  connector_.add(std::move(server));
  result<reply> first = error(errc::timed_out);
  int left = 1;
  tasks_.start(store_reply(*client_, as("alice"), asking("a"), first, left));
  tasks_.context().poll();
  client_->close();
  EXPECT_TRUE(tasks_.drain(2s));
  EXPECT_EQ(left, 0);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code(), make_error_code(errc::shutting_down));
  EXPECT_EQ(call("b").error().code(), make_error_code(errc::shutting_down));
}

}  // namespace
}  // namespace hdfsmount::rpc
