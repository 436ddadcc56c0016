#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/mechanism.hpp"

namespace hdfsmount::auth {

/// How a client and a server agree on a mechanism and run it: the client asks, the server lists what it accepts in the
/// order of its preference, the first that the client can do is run. A server without security says success at once
/// (switch to SIMPLE); choosing SIMPLE from a list ends the exchange without an answer. (Hadoop: SaslRpcClient,
/// Server.Connection.processSaslMessage)
class negotiation {
 public:
  negotiation(method_list methods, target what);

  wire::sasl_message start() const { return wire::sasl_message(wire::sasl_state::negotiate); }
  /// Consumes the server's message and returns the one to answer with, if any. After an error (authentication_failed,
  /// protocol_error) the connection is of no use.
  result<std::optional<wire::sasl_message>> receive(const wire::sasl_message& from_server);
  bool done() const noexcept { return done_; }
  /// The mechanism that ran, for its protection layer; null after SIMPLE. Valid once done().
  std::unique_ptr<mechanism> take_mechanism() { return std::move(running_); }

 private:
  result<std::optional<wire::sasl_message>> choose(const std::vector<wire::sasl_auth>& offers);
  result<wire::sasl_message> initiate(const wire::sasl_auth& chosen);
  result<std::optional<wire::sasl_message>> answer_challenge(const wire::sasl_message& from_server);
  result<std::optional<wire::sasl_message>> conclude(const wire::sasl_message& from_server);
  const method* find(const wire::sasl_auth& candidate) const;
  error refusal(const std::vector<wire::sasl_auth>& offers) const;

  const method_list methods_;
  const target what_;
  std::unique_ptr<mechanism> running_;
  bool done_ = false;
};

}  // namespace hdfsmount::auth
