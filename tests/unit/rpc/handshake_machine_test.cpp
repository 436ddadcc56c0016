#include "rpc/handshake_machine.hpp"

#include <gtest/gtest.h>

#include "auth/simple.hpp"
#include "support/rpc_server.hpp"

namespace hdfsmount::rpc {
namespace {

using step = handshake_machine::step;
using wire::sasl_auth;
using wire::sasl_message;
using wire::sasl_state;

const auth::method_list simple_only{std::make_shared<auth::simple_method>()};

handshake_machine machine(bool negotiate, hdfs_user user = hdfs_user("alice")) {
  connection_identity who({}, wire::client_protocol, std::move(user), net::host_port("nn", 8020));
  return {std::move(who), simple_only, negotiate};
}

/// Hands a whole server frame over in the pieces the machine asks for; the result after the last piece.
result<step> feed(handshake_machine& it, const std::string& frame) {
  std::string_view rest = frame;
  auto next = it.resume({});
  while (next && *next == step::read && !rest.empty()) {
    const auto piece = rest.substr(0, it.wanted());
    rest.remove_prefix(piece.size());
    next = it.resume(std::as_bytes(std::span(piece)));
  }
  return next;
}

std::string body(const std::string& bytes, std::size_t from) {
  return bytes.substr(from + 4);
}

TEST(handshake, simple_sends_header_and_context_at_once) {
  auto it = machine(false, hdfs_user("alice", "daemon"));
  ASSERT_EQ(it.start().value(), step::write);
  EXPECT_EQ(it.output().substr(0, 7), std::string("hrpc\x09\x00\x00", 7));
  const auto context = testing::parse_connection_context(body(it.output(), 7));
  EXPECT_EQ(context.call_id, -3);
  EXPECT_EQ(context.effective_user, "alice");
  EXPECT_EQ(context.real_user, "daemon");
  EXPECT_EQ(context.protocol, "org.apache.hadoop.hdfs.protocol.ClientProtocol");
  EXPECT_EQ(it.resume({}).value(), step::done);
}

TEST(handshake, negotiation_may_switch_to_simple) {
  auto it = machine(true);
  ASSERT_EQ(it.start().value(), step::write);
  EXPECT_EQ(it.output().substr(0, 7), std::string("hrpc\x09\x00\xdf", 7));
  EXPECT_EQ(testing::parse_sasl(body(it.output(), 7)), sasl_message(sasl_state::negotiate));
  ASSERT_EQ(feed(it, testing::sasl_response(sasl_message(sasl_state::success))).value(), step::write);
  EXPECT_EQ(testing::parse_connection_context(body(it.output(), 0)).effective_user, "alice");
  EXPECT_EQ(it.resume({}).value(), step::done);
}

TEST(handshake, negotiation_may_choose_simple_and_waits_for_no_answer) {
  auto it = machine(true);
  ASSERT_TRUE(it.start());
  sasl_message list(sasl_state::negotiate);
  list.auths = {sasl_auth("TOKEN", "DIGEST-MD5", "", "default"), sasl_auth("SIMPLE", "")};
  ASSERT_EQ(feed(it, testing::sasl_response(list)).value(), step::write);
  const auto first_length = static_cast<unsigned char>(it.output()[3]);
  EXPECT_EQ(testing::parse_sasl(it.output().substr(4, first_length)).auths, std::vector{sasl_auth("SIMPLE", "")});
  EXPECT_EQ(testing::parse_connection_context(body(it.output(), 4 + first_length)).effective_user, "alice");
  EXPECT_EQ(it.resume({}).value(), step::done);
}

TEST(handshake, a_server_that_insists_on_kerberos_is_named) {
  auto it = machine(true);
  ASSERT_TRUE(it.start());
  sasl_message list(sasl_state::negotiate);
  list.auths = {sasl_auth("KERBEROS", "GSSAPI", "nn", "host")};
  const auto end = feed(it, testing::sasl_response(list));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code(), make_error_code(errc::authentication_failed));
  EXPECT_NE(end.error().detail().find("nn:8020 requires one of: KERBEROS"), std::string_view::npos);
}

TEST(handshake, an_exception_is_kept_for_whoever_can_tell_what_it_means) {
  auto it = machine(true);
  ASSERT_TRUE(it.start());
  const auto end = feed(it, testing::exception(-33, wire::rpc_status::fatal, "org.apache.hadoop.ipc.StandbyException",
                                               "later", wire::rpc_error_code::fatal_unauthorized));
  ASSERT_FALSE(end);
  ASSERT_TRUE(it.refusal());
  EXPECT_EQ(it.refusal()->class_name, "org.apache.hadoop.ipc.StandbyException");
  EXPECT_EQ(it.refusal()->message, "later");
  EXPECT_TRUE(it.refusal()->fatal);
}

TEST(handshake, refuses_answers_that_are_no_sasl) {
  struct {
    const char* what;
    std::string bytes;
    errc expected;
  } const cases[] = {
      {"a web server", "HTTP/1.1 400 Bad Request\r\n\r\n", errc::protocol_error},
      {"a frame beyond the limit", std::string("\x7f\xff\xff\xff", 4), errc::limit_exceeded},
      {"noise", testing::framed("\xff\xff\xff\xff"), errc::protocol_error},
      {"the answer to a call", testing::response(5, ""), errc::protocol_error},
      {"a SASL message that is none", testing::response(-33, "\x01"), errc::protocol_error},
  };
  for (const auto& it : cases) {
    SCOPED_TRACE(it.what);
    auto client = machine(true);
    ASSERT_TRUE(client.start());
    const auto end = feed(client, it.bytes);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code(), make_error_code(it.expected)) << end.error().to_string();
    EXPECT_NE(end.error().detail().find("nn:8020"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace hdfsmount::rpc
