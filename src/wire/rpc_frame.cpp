#include "wire/rpc_frame.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proto/ipc_connection_context.pb.h"
#include "proto/protobuf_rpc_engine.pb.h"
#include "proto/rpc_header.pb.h"
#include "wire/element_budget.hpp"
#include "wire/proto_codec.hpp"

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::common;

constexpr std::uint8_t rpc_version = 9;
constexpr std::int32_t no_retry_count = -1;
constexpr std::size_t longest_server_text = 16 * 1024;
constexpr std::size_t most_sasl_offers = 64;

pb::RpcRequestHeaderProto make_header(std::int32_t call_id, std::int32_t retry_count, std::string_view client) {
  pb::RpcRequestHeaderProto header;
  header.set_rpckind(pb::RPC_PROTOCOL_BUFFER);
  header.set_rpcop(pb::RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(call_id);
  header.set_clientid(client.data(), client.size());
  header.set_retrycount(retry_count);
  return header;
}

std::string_view text(const client_id& client) {
  return {reinterpret_cast<const char*>(client.data()), client.size()};
}

/// Puts the frame length before `parts`, each with its own length before it.
std::string frame(std::initializer_list<std::string_view> parts) {
  std::string out(frame_length_size, '\0');
  for (const auto part : parts) append_delimited(out, part);
  std::string length;
  append_big_endian(length, static_cast<std::uint32_t>(out.size() - frame_length_size));
  std::copy(length.begin(), length.end(), out.begin());
  return out;
}

rpc_response_header to_model(pb::RpcResponseHeaderProto& proto) {
  rpc_response_header header;
  header.call_id = static_cast<std::int32_t>(proto.callid());
  header.status = static_cast<rpc_status>(proto.status());
  header.exception_class = proto.exceptionclassname().substr(0, longest_server_text);
  header.message = proto.errormsg().substr(0, longest_server_text);
  if (proto.has_errordetail()) header.error_detail = static_cast<rpc_error_code>(proto.errordetail());
  if (proto.has_stateid()) header.state_id = proto.stateid();
  header.router_federated_state = std::move(*proto.mutable_routerfederatedstate());
  return header;
}

std::optional<byte_span> take_delimited(cursor& in) {
  const auto length = in.varint32();
  return length ? in.take(*length) : std::nullopt;
}

error broken(std::string_view what) {
  return {errc::protocol_error, std::string(what)};
}

}  // namespace

std::array<std::byte, 7> encode_connection_header(auth_protocol auth) {
  constexpr std::byte service_class{0};
  return {std::byte{'h'},
          std::byte{'r'},
          std::byte{'p'},
          std::byte{'c'},
          std::byte{rpc_version},
          service_class,
          std::byte{static_cast<std::uint8_t>(auth)}};
}

std::string encode_call(const rpc_request_header& header, const rpc_protocol& protocol, std::string_view method,
                        std::string_view message) {
  auto proto = make_header(header.call_id, header.retry_count, text(header.client));
  if (header.context) {
    proto.mutable_callercontext()->set_context(header.context->context);
    if (!header.context->signature.empty()) proto.mutable_callercontext()->set_signature(header.context->signature);
  }
  if (header.state_id) proto.set_stateid(*header.state_id);
  if (!header.router_federated_state.empty()) proto.set_routerfederatedstate(header.router_federated_state);
  pb::RequestHeaderProto request;
  request.set_methodname(method.data(), method.size());
  request.set_declaringclassprotocolname(protocol.name.data(), protocol.name.size());
  request.set_clientprotocolversion(protocol.version);
  return frame({encode_message(proto), encode_message(request), message});
}

std::string encode_connection_context(const client_id& client, std::string_view protocol_name,
                                      std::string_view effective_user, std::string_view real_user) {
  pb::IpcConnectionContextProto context;
  context.mutable_userinfo()->set_effectiveuser(effective_user.data(), effective_user.size());
  if (!real_user.empty()) context.mutable_userinfo()->set_realuser(real_user.data(), real_user.size());
  context.set_protocol(protocol_name.data(), protocol_name.size());
  return frame(
      {encode_message(make_header(connection_context_call_id, no_retry_count, text(client))), encode_message(context)});
}

std::string encode_ping(const client_id& client) {
  return frame({encode_message(make_header(ping_call_id, no_retry_count, text(client)))});
}

result<std::size_t> decode_frame_length(byte_span four_bytes, std::size_t limit) {
  const auto length = cursor(four_bytes).big_endian<std::int32_t>();
  if (!length) return broken("frame length cut short");
  constexpr std::int32_t http = 0x48545450;
  if (*length == http) return broken("the peer is a web server, not an RPC port");
  if (*length <= 0) return broken(fmt::format("frame length {}", *length));
  if (static_cast<std::size_t>(*length) > limit)
    return error(errc::limit_exceeded, fmt::format("frame of {} bytes, accepted are {}", *length, limit));
  return static_cast<std::size_t>(*length);
}

result<rpc_response> decode_response(byte_span frame) {
  cursor in(frame);
  const auto header_bytes = take_delimited(in);
  if (!header_bytes) return broken("RPC response header cut short");
  auto header = decode_message<pb::RpcResponseHeaderProto>(*header_bytes);
  if (!header) return header.error();
  rpc_response response;
  response.header = to_model(*header);
  if (response.header.status != rpc_status::success) return response;
  const auto payload = take_delimited(in);
  if (!payload) return broken("RPC response cut short");
  if (in.remaining() > 0) return broken("bytes behind an RPC response");
  response.payload = *payload;
  return response;
}

std::string encode_sasl(const sasl_message& message) {
  pb::RpcSaslProto proto;
  proto.set_state(static_cast<pb::RpcSaslProto::SaslState>(message.state));
  if (message.token) proto.set_token(*message.token);
  for (const auto& auth : message.auths) {
    auto& out = *proto.add_auths();
    out.set_method(auth.method);
    out.set_mechanism(auth.mechanism);
    if (auth.protocol) out.set_protocol(*auth.protocol);
    if (auth.server_id) out.set_serverid(*auth.server_id);
    if (auth.challenge) out.set_challenge(*auth.challenge);
  }
  return frame({encode_message(make_header(sasl_call_id, no_retry_count, {})), encode_message(proto)});
}

result<sasl_message> decode_sasl(byte_span payload, std::size_t limit) {
  constexpr message_shape shape[] = {{4, {}}};
  if (payload.size() > limit) return error(errc::limit_exceeded, "SASL message too long");
  if (auto bounded = check_element_budget(payload, shape, most_sasl_offers); !bounded) return bounded.error();
  auto proto = decode_message<pb::RpcSaslProto>(payload);
  if (!proto) return proto.error();
  sasl_message message(static_cast<sasl_state>(proto->state()));
  if (proto->has_token()) message.token = std::move(*proto->mutable_token());
  for (auto& auth : *proto->mutable_auths()) {
    auto& out = message.auths.emplace_back(std::move(*auth.mutable_method()), std::move(*auth.mutable_mechanism()));
    if (auth.has_protocol()) out.protocol = std::move(*auth.mutable_protocol());
    if (auth.has_serverid()) out.server_id = std::move(*auth.mutable_serverid());
    if (auth.has_challenge()) out.challenge = std::move(*auth.mutable_challenge());
  }
  return message;
}

}  // namespace hdfsmount::wire
