#include "auth/negotiation.hpp"

#include <gtest/gtest.h>

#include "auth/simple.hpp"

namespace hdfsmount::auth {
namespace {

using wire::sasl_auth;
using wire::sasl_message;
using wire::sasl_state;

/// A mechanism that wants to see the challenge "prove it" and then a final "welcome".
class scripted_mechanism final : public mechanism {
 public:
  result<std::string> step(std::string_view challenge) override {
    if (challenge.empty()) return std::string("hello");
    if (challenge == "prove it") return std::string("proof");
    if (challenge == "welcome") {
      done_ = true;
      return std::string();
    }
    return error(errc::authentication_failed, "forged challenge");
  }
  bool done() const override { return done_; }

 private:
  bool done_ = false;
};

class scripted_method final : public method {
 public:
  explicit scripted_method(bool has_credentials = true) : has_credentials_(has_credentials) {}
  std::string_view name() const override { return "TOKEN"; }
  std::string_view mechanism() const override { return "DIGEST-MD5"; }
  result<std::unique_ptr<auth::mechanism>> start(const sasl_auth&, const target& what) const override {
    asked_for_ = what.user.effective + "@" + what.host + ":" + std::to_string(what.port) + "/" + what.protocol;
    if (!has_credentials_) return std::unique_ptr<auth::mechanism>();
    return std::unique_ptr<auth::mechanism>(std::make_unique<scripted_mechanism>());
  }

  const std::string& asked_for() const { return asked_for_; }

 private:
  const bool has_credentials_;
  mutable std::string asked_for_;
};

const auto simple = std::make_shared<simple_method>();
const auto token = std::make_shared<scripted_method>();
const sasl_auth simple_offer("SIMPLE", "");
const sasl_auth token_offer("TOKEN", "DIGEST-MD5", "", "default");
const sasl_auth kerberos_offer("KERBEROS", "GSSAPI", "nn", "host");

negotiation between(method_list methods) {
  return {std::move(methods), target("nn", 8020, "ClientProtocol", hdfs_user("alice"), "nn:8020")};
}

sasl_message offers(std::vector<sasl_auth> list) {
  sasl_message out(sasl_state::negotiate);
  out.auths = std::move(list);
  return out;
}

sasl_message with_token(sasl_state state, std::string bytes) {
  sasl_message out(state);
  out.token = std::move(bytes);
  return out;
}

TEST(negotiation, begins_by_asking) {
  EXPECT_EQ(between({simple}).start(), sasl_message(sasl_state::negotiate));
}

TEST(negotiation, a_server_without_security_switches_to_simple) {
  auto client = between({simple});
  const auto answer = client.receive(sasl_message(sasl_state::success));
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_FALSE(*answer);
  EXPECT_TRUE(client.done());
  EXPECT_EQ(client.take_mechanism(), nullptr);
}

TEST(negotiation, choosing_simple_ends_the_exchange_with_the_choice_as_it_was_offered) {
  auto client = between({simple});
  const auto answer = client.receive(offers({token_offer, simple_offer}));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->state, sasl_state::initiate);
  EXPECT_EQ((*answer)->auths, std::vector{simple_offer});
  EXPECT_FALSE((*answer)->token);
  EXPECT_TRUE(client.done());
}

TEST(negotiation, the_first_offer_that_the_client_can_do_is_taken) {
  auto client = between({simple, token});
  const auto answer = client.receive(offers({kerberos_offer, token_offer, simple_offer}));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->auths, std::vector{token_offer});
  EXPECT_EQ((*answer)->token, "hello");
  EXPECT_FALSE(client.done());
}

TEST(negotiation, a_method_learns_which_server_and_which_user_it_is_for) {
  const auto method = std::make_shared<scripted_method>();
  auto client = between({method});
  ASSERT_TRUE(client.receive(offers({token_offer})));
  EXPECT_EQ(method->asked_for(), "alice@nn:8020/ClientProtocol");
}

TEST(negotiation, a_method_without_credentials_is_passed_over) {
  auto client = between({simple, std::make_shared<scripted_method>(false)});
  const auto answer = client.receive(offers({token_offer, simple_offer}));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->auths, std::vector{simple_offer});
}

TEST(negotiation, a_known_method_by_another_mechanism_is_not_known) {
  auto client = between({token});
  EXPECT_FALSE(client.receive(offers({sasl_auth("TOKEN", "SCRAM-SHA-256")})));
}

TEST(negotiation, a_secure_server_is_refused_by_naming_what_it_wants) {
  auto client = between({simple});
  const auto answer = client.receive(offers({token_offer, kerberos_offer}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().to_string(),
            "authentication failed: nn:8020 requires one of: TOKEN, KERBEROS; this client can do: SIMPLE");
}

TEST(negotiation, runs_a_mechanism_to_its_end) {
  auto client = between({token});
  ASSERT_TRUE(client.receive(offers({token_offer})));
  const auto proof = client.receive(with_token(sasl_state::challenge, "prove it"));
  ASSERT_TRUE(proof && *proof);
  EXPECT_EQ((*proof)->state, sasl_state::response);
  EXPECT_EQ((*proof)->token, "proof");
  const auto end = client.receive(with_token(sasl_state::success, "welcome"));
  ASSERT_TRUE(end) << end.error().to_string();
  EXPECT_FALSE(*end);
  EXPECT_TRUE(client.done());
  EXPECT_NE(client.take_mechanism(), nullptr);
}

TEST(negotiation, uses_a_challenge_that_comes_with_the_offer) {
  auto client = between({token});
  auto offer = token_offer;
  offer.challenge = "prove it";
  const auto answer = client.receive(offers({offer}));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->token, "proof");
  EXPECT_EQ((*answer)->auths, std::vector{token_offer}) << "the challenge does not go back";
}

/// Everything a server may not say, by the messages that lead there.
TEST(negotiation, refuses_what_a_server_may_not_say) {
  struct {
    const char* what;
    method_list methods;
    std::vector<sasl_message> before;
    sasl_message wrong;
    errc expected;
  } const cases[] = {
      {"success before the mechanism has checked the server",
       {token},
       {offers({token_offer})},
       sasl_message(sasl_state::success),
       errc::authentication_failed},
      {"switch to simple when that is not allowed",
       {token},
       {},
       sasl_message(sasl_state::success),
       errc::authentication_failed},
      {"a challenge nobody asked for",
       {token},
       {},
       with_token(sasl_state::challenge, "prove it"),
       errc::protocol_error},
      {"a challenge without a token",
       {token},
       {offers({token_offer})},
       sasl_message(sasl_state::challenge),
       errc::protocol_error},
      {"a forged challenge",
       {token},
       {offers({token_offer})},
       with_token(sasl_state::challenge, "x"),
       errc::authentication_failed},
      {"a success that wants an answer",
       {token},
       {offers({token_offer})},
       with_token(sasl_state::success, "prove it"),
       errc::protocol_error},
      {"two lists", {token}, {offers({token_offer})}, offers({token_offer}), errc::protocol_error},
      {"a list that is empty", {simple}, {}, offers({}), errc::authentication_failed},
      {"a client's message", {simple}, {}, sasl_message(sasl_state::initiate), errc::protocol_error},
      {"wrapped data", {simple}, {}, with_token(sasl_state::wrap, "x"), errc::protocol_error},
      {"more after the end",
       {simple},
       {offers({simple_offer})},
       sasl_message(sasl_state::success),
       errc::protocol_error},
  };
  for (const auto& it : cases) {
    SCOPED_TRACE(it.what);
    auto client = between(it.methods);
    for (const auto& message : it.before) ASSERT_TRUE(client.receive(message));
    const auto answer = client.receive(it.wrong);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), make_error_code(it.expected)) << answer.error().to_string();
  }
}

}  // namespace
}  // namespace hdfsmount::auth
