#include <algorithm>

#include "client_fixture.hpp"

namespace hdfsmount::rpc {
namespace {

using namespace std::chrono_literals;
using wire::sasl_auth;
using wire::sasl_message;
using wire::sasl_state;

/// Stands for GSSAPI or DIGEST-MD5 with protection: turns a message round and numbers it.
class numbered {
 public:
  std::string wrap(std::string_view plain) {
    return static_cast<char>('a' + sent_++ % 26) + std::string(plain.rbegin(), plain.rend());
  }
  result<std::string> unwrap(std::string_view wrapped) {
    if (wrapped.empty() || wrapped.front() != 'a' + received_++ % 26)
      return error(errc::authentication_failed, "a message out of order");
    return std::string(wrapped.rbegin(), wrapped.rend() - 1);
  }

 private:
  int sent_ = 0;
  int received_ = 0;
};

/// Wants to see "prove it" and then "welcome".
class two_steps final : public auth::mechanism {
 public:
  result<std::string> step(std::string_view challenge) override {
    if (challenge.empty()) return std::string("hello");
    if (challenge == "prove it") return std::string("proof");
    done_ = challenge == "welcome";
    if (!done_) return error(errc::authentication_failed, "forged challenge");
    return std::string();
  }
  bool done() const override { return done_; }
  auth::protection layer() const override { return auth::protection::privacy; }
  result<std::string> wrap(std::string_view plain) override {
    if (!done_) return error(errc::authentication_failed, "not done yet");
    return layer_.wrap(plain);
  }
  result<std::string> unwrap(std::string_view wrapped) override { return layer_.unwrap(wrapped); }
  std::size_t largest_message() const override { return 100; }

 private:
  numbered layer_;
  bool done_ = false;
};

class two_step_method final : public auth::method {
 public:
  std::string_view name() const override { return "TOKEN"; }
  std::string_view mechanism() const override { return "DIGEST-MD5"; }
  result<std::unique_ptr<auth::mechanism>> start(const sasl_auth&, const auth::target& what) const override {
    if (what.host != "nn" || what.user.effective != "alice") return std::unique_ptr<auth::mechanism>();
    return std::unique_ptr<auth::mechanism>(std::make_unique<two_steps>());
  }
};

sasl_message with_token(sasl_state state, std::string token) {
  sasl_message out(state);
  out.token = std::move(token);
  return out;
}

/// The server's end of a protected connection.
struct server_side {
  numbered layer;
  std::string received;  ///< unwrapped, not yet a whole RPC message

  std::string wrapped(const std::string& plain) {
    return testing::sasl_response(with_token(sasl_state::wrap, layer.wrap(plain)));
  }
  /// The bodies of the RPC messages that `frame` completes.
  std::vector<std::string> unwrapped(const std::string& frame) {
    const auto message = testing::parse_sasl(frame);
    EXPECT_EQ(message.state, sasl_state::wrap);
    const auto plain = layer.unwrap(message.token.value_or(""));
    EXPECT_TRUE(plain) << plain.error().to_string();
    if (plain) received += *plain;
    std::vector<std::string> out;
    while (received.size() >= 4) {
      const auto length = wire::decode_frame_length(std::as_bytes(std::span(received).first(4)), 1U << 20).value();
      if (received.size() < 4 + length) break;
      out.push_back(received.substr(4, length));
      received.erase(0, 4 + length);
    }
    return out;
  }
};

/// A server that offers the two-step mechanism; `after` gets each RPC message of the client that comes wrapped.
testing::script protected_server(const std::shared_ptr<server_side>& side, int wrapped_frames,
                                 std::function<void(testing::script&, const std::string&)> after) {
  testing::script server;
  server.expect(std::string("hrpc\x09\x00\xdf", 7));
  server.expect_frame([](testing::script& next, const std::string&) {
    sasl_message list(sasl_state::negotiate);
    list.auths = {sasl_auth("TOKEN", "DIGEST-MD5", "", "default")};
    next.send(testing::sasl_response(list));
  });
  server.expect_frame([](testing::script& next, const std::string& body) {
    EXPECT_EQ(testing::parse_sasl(body).token, "hello");
    next.send(testing::sasl_response(with_token(sasl_state::challenge, "prove it")));
  });
  server.expect_frame([](testing::script& next, const std::string& body) {
    EXPECT_EQ(testing::parse_sasl(body).token, "proof");
    next.send(testing::sasl_response(with_token(sasl_state::success, "welcome")));
  });
  for (int i = 0; i < wrapped_frames; ++i)
    server.expect_frame([side, after](testing::script& next, const std::string& frame) {
      for (const auto& body : side->unwrapped(frame)) after(next, body);
    });
  return server;
}

class protected_client : public scripted_client {
 protected:
  protected_client() : scripted_client(settings()) {}

  static options settings() {
    options out;
    out.negotiate = true;
    out.methods = {std::make_shared<two_step_method>()};
    return out;
  }

  const std::shared_ptr<server_side> side_ = std::make_shared<server_side>();
};

TEST_F(protected_client, the_context_and_all_calls_go_through_the_mechanism_that_was_negotiated) {
  std::vector<std::string> methods;
  bool context = false;
  const auto answer = [&](testing::script& next, const std::string& body) {
    if (testing::parse_call_id(body) == wire::connection_context_call_id) {
      context = true;
      EXPECT_EQ(testing::parse_connection_context(body).effective_user, "alice");
      return;
    }
    EXPECT_TRUE(context) << "the context comes first";
    const auto got = testing::parse_call(body);
    methods.push_back(got.method);
    // In two pieces: a wrapped message need not end where an RPC message ends.
    const auto reply = testing::response(got.call_id, "result of " + got.method);
    const auto first = side_->wrapped(reply.substr(0, 7));
    next.send(first + side_->wrapped(reply.substr(7)));
  };
  // A message of the mechanism holds 100 bytes: the context needs two of them, and so does each call.
  const auto outcome = connector_.add(protected_server(side_, 6, answer), {3, true});
  EXPECT_EQ(text(call("getFileInfo")), "result of getFileInfo");
  EXPECT_EQ(text(call("getListing")), "result of getListing");
  EXPECT_EQ(methods, (std::vector<std::string>{"getFileInfo", "getListing"}));
  EXPECT_EQ(outcome->mismatch, "");
}

TEST_F(protected_client, a_message_without_protection_ends_the_connection) {
  const auto answer = [](testing::script& next, const std::string& body) {
    const auto id = testing::parse_call_id(body);
    if (id != wire::connection_context_call_id) next.send(testing::response(id, "forged"));
  };
  connector_.add(protected_server(side_, 4, answer));
  const auto outcome = call("getFileInfo");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), make_error_code(errc::protocol_error)) << outcome.error().to_string();
}

TEST_F(protected_client, a_message_that_was_tampered_with_ends_the_connection) {
  const auto answer = [this](testing::script& next, const std::string& body) {
    const auto id = testing::parse_call_id(body);
    if (id == wire::connection_context_call_id) return;
    side_->layer.wrap("a message that somebody swallowed");
    next.send(side_->wrapped(testing::response(id, "result")));
  };
  connector_.add(protected_server(side_, 4, answer));
  const auto outcome = call("getFileInfo");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), make_error_code(errc::authentication_failed)) << outcome.error().to_string();
}

TEST_F(protected_client, a_method_for_another_server_or_user_is_passed_over) {
  testing::script server;
  server.expect(std::string("hrpc\x09\x00\xdf", 7));
  server.expect_frame([](testing::script& next, const std::string&) {
    sasl_message list(sasl_state::negotiate);
    list.auths = {sasl_auth("TOKEN", "DIGEST-MD5", "", "default")};
    next.send(testing::sasl_response(list));
  });
  connector_.add(std::move(server));
  const auto outcome = tasks_.run(client_->call(as("bob"), asking("getFileInfo")));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), make_error_code(errc::authentication_failed)) << outcome.error().to_string();
}

}  // namespace
}  // namespace hdfsmount::rpc
