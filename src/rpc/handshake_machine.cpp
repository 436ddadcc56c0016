#include "rpc/handshake_machine.hpp"

#include <fmt/format.h>

#include "rpc/protected_stream.hpp"

namespace hdfsmount::rpc {

handshake_machine::handshake_machine(connection_identity who, auth::method_list methods, bool negotiate)
    : who_(std::move(who)), negotiate_(negotiate), negotiation_(std::move(methods), who_.target()) {}

result<handshake_machine::step> handshake_machine::write(state next, std::string bytes) {
  state_ = next;
  output_ = std::move(bytes);
  return step::write;
}

result<handshake_machine::step> handshake_machine::read(state next, std::size_t count) {
  state_ = next;
  wanted_ = count;
  return step::read;
}

/// The last message of the handshake, behind the bytes `before` it.
result<handshake_machine::step> handshake_machine::write_context(std::string before) {
  const auto context =
      wire::encode_connection_context(who_.client, who_.service.name, who_.user.effective, who_.user.real);
  if (!protection_) return write(state::context_sent, before + context);
  const auto wrapped = wrap_message(*protection_, context);
  if (!wrapped) return wrapped.error().with_context(who_.server);
  return write(state::context_sent, before + *wrapped);
}

result<handshake_machine::step> handshake_machine::start() {
  const auto header =
      wire::encode_connection_header(negotiate_ ? wire::auth_protocol::sasl : wire::auth_protocol::none);
  std::string bytes(reinterpret_cast<const char*>(header.data()), header.size());
  if (!negotiate_) return write_context(std::move(bytes));
  return write(state::header_sent, bytes + wire::encode_sasl(negotiation_.start()));
}

result<handshake_machine::step> handshake_machine::resume(byte_span received) {
  switch (state_) {
    case state::header_sent:
      return read(state::reading_length, wire::frame_length_size);
    case state::reading_length: {
      const auto length = wire::decode_frame_length(received, wire::max_sasl_length);
      if (!length) return length.error().with_context(who_.server);
      return read(state::reading_frame, *length);
    }
    case state::reading_frame:
      return handle_frame(received);
    default:
      return step::done;
  }
}

result<handshake_machine::step> handshake_machine::handle_frame(byte_span frame) {
  auto response = wire::decode_response(frame);
  if (!response) return response.error().with_context(who_.server);
  auto& header = response->header;
  if (header.status != wire::rpc_status::success) {
    auto text = fmt::format("{}: {}", who_.server, header.message);
    refusal_ = std::make_shared<remote_exception>(std::move(header.exception_class), std::move(header.message),
                                                  header.error_detail, true);
    return error(errc::authentication_failed, std::move(text));
  }
  if (header.call_id != wire::sasl_call_id)
    return error(errc::protocol_error, who_.server + ": an RPC response within the SASL exchange");
  const auto message = wire::decode_sasl(response->payload);
  if (!message) return message.error().with_context(who_.server);
  const auto answer = negotiation_.receive(*message);
  if (!answer) return answer.error();
  auto bytes = *answer ? wire::encode_sasl(**answer) : std::string();
  if (!negotiation_.done()) return write(state::header_sent, std::move(bytes));
  protection_ = negotiation_.take_mechanism();
  if (protection_ && protection_->layer() == auth::protection::none) protection_.reset();
  return write_context(std::move(bytes));
}

}  // namespace hdfsmount::rpc
