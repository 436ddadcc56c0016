#include "auth/negotiation.hpp"

#include <fmt/format.h>

#include "auth/simple.hpp"

namespace hdfsmount::auth {
namespace {

using wire::sasl_auth;
using wire::sasl_message;
using wire::sasl_state;

bool is_simple(const sasl_auth& candidate) {
  return candidate.method == simple_method::method_name;
}

void append_word(std::string& list, std::string_view word) {
  if (!list.empty()) list += ", ";
  list += printable(word, 40);
}

}  // namespace

negotiation::negotiation(method_list methods, target what) : methods_(std::move(methods)), what_(std::move(what)) {}

result<std::optional<sasl_message>> negotiation::receive(const sasl_message& from_server) {
  if (done_) return error(errc::protocol_error, what_.server + ": SASL message after the end of the negotiation");
  switch (from_server.state) {
    case sasl_state::negotiate:
      if (running_) return error(errc::protocol_error, what_.server + ": second list of SASL mechanisms");
      return choose(from_server.auths);
    case sasl_state::challenge:
      return answer_challenge(from_server);
    case sasl_state::success:
      return conclude(from_server);
    default:
      return error(errc::protocol_error, what_.server + ": unexpected SASL message");
  }
}

result<std::optional<sasl_message>> negotiation::choose(const std::vector<sasl_auth>& offers) {
  for (const auto& candidate : offers) {
    const auto* const ours = find(candidate);
    if (ours == nullptr) continue;
    auto started = ours->start(candidate, what_);
    if (!started) return started.error().with_context(what_.server);
    if (!*started) continue;
    running_ = std::move(*started);
    auto reply = initiate(candidate);
    if (!reply) return reply.error().with_context(what_.server);
    if (is_simple(candidate)) {
      running_.reset();
      done_ = true;
    }
    return std::optional<sasl_message>(std::move(*reply));
  }
  return refusal(offers);
}

/// The server compares the chosen entry with its list, so it goes back as it came, but for the challenge. SIMPLE
/// carries no token.
result<sasl_message> negotiation::initiate(const sasl_auth& chosen) {
  auto token = running_->step(chosen.challenge.value_or(std::string()));
  if (!token) return token.error();
  auto echoed = chosen;
  echoed.challenge.reset();
  sasl_message reply(sasl_state::initiate);
  if (!is_simple(chosen)) reply.token = std::move(*token);
  reply.auths.push_back(std::move(echoed));
  return reply;
}

result<std::optional<sasl_message>> negotiation::answer_challenge(const sasl_message& from_server) {
  if (!running_ || !from_server.token)
    return error(errc::protocol_error, what_.server + ": SASL challenge out of place");
  auto token = running_->step(*from_server.token);
  if (!token) return token.error().with_context(what_.server);
  sasl_message reply(sasl_state::response);
  reply.token = std::move(*token);
  return std::optional<sasl_message>(std::move(reply));
}

/// A server may not cut the exchange short: before success is believed our side must have checked all it wants to
/// check.
result<std::optional<sasl_message>> negotiation::conclude(const sasl_message& from_server) {
  if (!running_) {
    if (find(sasl_auth(std::string(simple_method::method_name), "")) == nullptr)
      return error(errc::authentication_failed,
                   what_.server + " wants to go on without security, which this client's configuration does not allow");
  } else {
    if (from_server.token) {
      auto token = running_->step(*from_server.token);
      if (!token) return token.error().with_context(what_.server);
      if (!token->empty()) return error(errc::protocol_error, what_.server + ": SASL success asks for an answer");
    }
    if (!running_->done())
      return error(errc::authentication_failed, what_.server + ": the server ended the SASL exchange too early");
  }
  done_ = true;
  return std::optional<sasl_message>();
}

const method* negotiation::find(const sasl_auth& candidate) const {
  for (const auto& ours : methods_)
    if (ours->name() == candidate.method && ours->mechanism() == candidate.mechanism) return ours.get();
  return nullptr;
}

error negotiation::refusal(const std::vector<sasl_auth>& offers) const {
  std::string theirs;
  std::string ours;
  for (const auto& candidate : offers) append_word(theirs, candidate.method);
  for (const auto& known : methods_) append_word(ours, known->name());
  return {errc::authentication_failed,
          fmt::format("{} requires one of: {}; this client can do: {}", what_.server,
                      theirs.empty() ? "(nothing)" : theirs, ours.empty() ? "(nothing)" : ours)};
}

}  // namespace hdfsmount::auth
