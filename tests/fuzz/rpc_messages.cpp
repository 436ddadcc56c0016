#include "choices.hpp"
#include "promise.hpp"
#include "targets.hpp"
#include "wire/rpc_frame.hpp"

namespace hdfsmount::fuzz {
namespace {

constexpr std::size_t longest_text = 16 * 1024;

/// The payload of a frame of ours: what follows the header and its own length.
byte_span payload_of(byte_span frame) {
  cursor in(frame.subspan(wire::frame_length_size));
  const auto header = in.take(in.varint32().value());
  const auto length = in.varint32();
  promise(header && length && *length == in.remaining(), "what we encode is a frame");
  return in.rest();
}

}  // namespace

void rpc_response(byte_span input) {
  const auto response =
      within_memory(flat_memory, flat_factor, input.size(), [&] { return wire::decode_response(input); });
  if (!response) return;
  const auto& header = response->header;
  promise(header.status <= wire::rpc_status::fatal, "a status is one of ours");
  promise(header.error_detail <= wire::rpc_error_code::fatal_unauthorized, "an error code is one of ours");
  promise(header.exception_class.size() <= longest_text && header.message.size() <= longest_text, "texts are cut");
  if (response->payload.empty()) return;
  promise(header.status == wire::rpc_status::success, "only success has a payload");
  promise(response->payload.data() > input.data() &&
              response->payload.data() + response->payload.size() == input.data() + input.size(),
          "the payload is the end of the frame");
}

void sasl_message(byte_span input) {
  const auto message =
      within_memory(nested_memory, nested_factor, input.size(), [&] { return wire::decode_sasl(input); });
  if (!message) return;
  promise(message->auths.size() <= 64, "the list of mechanisms is bounded");
  promise(message->state <= wire::sasl_state::wrap, "a state is one of ours");
  const auto frame = wire::encode_sasl(*message);
  const auto again = wire::decode_sasl(payload_of(std::as_bytes(std::span(frame))));
  promise(again && *again == *message, "a message survives being sent");
}

}  // namespace hdfsmount::fuzz
