#include "auth/simple.hpp"
#include "choices.hpp"
#include "promise.hpp"
#include "rpc/handshake_machine.hpp"
#include "targets.hpp"

namespace hdfsmount::fuzz {
namespace {

using step = rpc::handshake_machine::step;

/// Echoes challenges, refuses those that begin with '!', and has proved itself once it has seen one that ends in '.'.
class echo_mechanism final : public auth::mechanism {
 public:
  explicit echo_mechanism(bool& proved) : proved_(proved) {}
  result<std::string> step(std::string_view challenge) override {
    if (challenge.starts_with('!')) return error(errc::authentication_failed, "refused");
    proved_ = challenge.ends_with('.');
    return proved_ ? std::string() : std::string(challenge);
  }
  bool done() const override { return proved_; }

 private:
  bool& proved_;
};

class echo_method final : public auth::method {
 public:
  explicit echo_method(bool& proved) : proved_(proved) {}
  std::string_view name() const override { return "TOKEN"; }
  std::string_view mechanism() const override { return "DIGEST-MD5"; }
  result<std::unique_ptr<auth::mechanism>> start(const wire::sasl_auth& offer, const auth::target&) const override {
    if (offer.server_id == "none") return std::unique_ptr<auth::mechanism>();
    return std::unique_ptr<auth::mechanism>(std::make_unique<echo_mechanism>(proved_));
  }

 private:
  bool& proved_;
};

/// Everything the machine writes behind the connection header is frames.
void check_output(std::string_view output) {
  constexpr std::size_t connection_header = 7;
  if (output.starts_with("hrpc")) output.remove_prefix(connection_header);
  promise(!output.empty(), "a write has something to write");
  while (!output.empty()) {
    const auto length = wire::decode_frame_length(std::as_bytes(std::span(output)), wire::max_response_length);
    promise(length && *length <= output.size() - wire::frame_length_size, "what is written is frames");
    output.remove_prefix(wire::frame_length_size + *length);
  }
}

}  // namespace

/// One byte that says what the client can do, then what the server sends.
void handshake(byte_span input) {
  choices in(input);
  const auto abilities = in.byte();
  const bool negotiate = (abilities & 1) == 0;
  const bool simple = (abilities & 2) == 0;
  const bool token = (abilities & 4) == 0;
  bool proved = false;
  auth::method_list methods;
  if (token) methods.push_back(std::make_shared<echo_method>(proved));
  if (simple) methods.push_back(std::make_shared<auth::simple_method>());
  rpc::connection_identity who({}, wire::client_protocol, hdfs_user("alice"), net::host_port("nn", 8020));
  rpc::handshake_machine machine(std::move(who), std::move(methods), negotiate);
  cursor server(in.rest());
  auto next = machine.start();
  while (next && *next != step::done) {
    byte_span received;
    if (*next == step::write) {
      check_output(machine.output());
    } else {
      promise(machine.wanted() > 0 && machine.wanted() <= wire::max_sasl_length, "what is read is bounded");
      const auto bytes = server.take(machine.wanted());
      if (!bytes) return;
      received = *bytes;
    }
    next = machine.resume(received);
  }
  if (!next) return;
  promise(!negotiate || simple || proved, "without proof a connection is taken only where SIMPLE is allowed");
}

}  // namespace hdfsmount::fuzz
