#include "support/rpc_server.hpp"

#include <gtest/gtest.h>

#include "proto/ipc_connection_context.pb.h"
#include "proto/protobuf_rpc_engine.pb.h"
#include "proto/rpc_header.pb.h"
#include "wire/proto_codec.hpp"

namespace hdfsmount::testing {
namespace {

namespace pb = hadoop::common;

template <class Message>
Message take(cursor& in) {
  Message message;
  const auto length = in.varint32();
  const auto bytes = length ? in.take(*length) : std::nullopt;
  if (!bytes || !message.ParseFromArray(bytes->data(), static_cast<int>(bytes->size())))
    ADD_FAILURE() << "the client sent a malformed " << message.GetTypeName();
  return message;
}

received_request from_header(cursor& in) {
  const auto header = take<pb::RpcRequestHeaderProto>(in);
  received_request out;
  out.call_id = header.callid();
  out.retry_count = header.retrycount();
  out.client_id = header.clientid();
  out.caller_context = header.callercontext().context();
  return out;
}

std::string frame_of(const pb::RpcResponseHeaderProto& header, const std::string* payload) {
  std::string body;
  wire::append_delimited(body, header.SerializeAsString());
  if (payload != nullptr) wire::append_delimited(body, *payload);
  return framed(body);
}

}  // namespace

received_request parse_call(const std::string& body) {
  cursor in(wire::as_byte_span(body));
  auto out = from_header(in);
  const auto request = take<pb::RequestHeaderProto>(in);
  out.method = request.methodname();
  out.protocol = request.declaringclassprotocolname();
  const auto length = in.varint32();
  const auto bytes = length ? in.take(*length) : std::nullopt;
  if (!bytes || in.remaining() > 0) ADD_FAILURE() << "the client sent malformed arguments";
  if (bytes) out.arguments.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  return out;
}

received_request parse_connection_context(const std::string& body) {
  cursor in(wire::as_byte_span(body));
  auto out = from_header(in);
  const auto context = take<pb::IpcConnectionContextProto>(in);
  out.protocol = context.protocol();
  out.effective_user = context.userinfo().effectiveuser();
  out.real_user = context.userinfo().realuser();
  return out;
}

std::int32_t parse_call_id(const std::string& body) {
  cursor in(wire::as_byte_span(body));
  return from_header(in).call_id;
}

wire::sasl_message parse_sasl(const std::string& body) {
  cursor in(wire::as_byte_span(body));
  EXPECT_EQ(from_header(in).call_id, wire::sasl_call_id);
  const auto length = in.varint32();
  const auto message = wire::decode_sasl(length ? in.take(*length).value_or(byte_span()) : byte_span());
  EXPECT_TRUE(message);
  return message ? *message : wire::sasl_message();
}

std::string response(std::int32_t call_id, const std::string& payload) {
  pb::RpcResponseHeaderProto header;
  header.set_callid(static_cast<std::uint32_t>(call_id));
  header.set_status(pb::RpcResponseHeaderProto::SUCCESS);
  return frame_of(header, &payload);
}

std::string exception(std::int32_t call_id, wire::rpc_status status, const std::string& class_name,
                      const std::string& message, wire::rpc_error_code code) {
  pb::RpcResponseHeaderProto header;
  header.set_callid(static_cast<std::uint32_t>(call_id));
  header.set_status(static_cast<pb::RpcResponseHeaderProto::RpcStatusProto>(status));
  header.set_exceptionclassname(class_name);
  header.set_errormsg(message);
  header.set_errordetail(static_cast<pb::RpcResponseHeaderProto::RpcErrorCodeProto>(code));
  return frame_of(header, nullptr);
}

std::string sasl_response(const wire::sasl_message& message) {
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
  return response(wire::sasl_call_id, proto.SerializeAsString());
}

script accepting_server() {
  script server;
  server.expect(std::string("hrpc\x09\x00\x00", 7));
  server.expect_frame([](script&, const std::string& body) {
    EXPECT_EQ(parse_connection_context(body).call_id, wire::connection_context_call_id);
  });
  return server;
}

void answer_call(script& server, std::string payload) {
  server.expect_frame([payload = std::move(payload)](script& next, const std::string& body) {
    next.send(response(parse_call(body).call_id, payload));
  });
}

void refuse_call(script& server, std::string class_name, std::string message) {
  server.expect_frame(
      [class_name = std::move(class_name), message = std::move(message)](script& next, const std::string& body) {
        next.send(exception(parse_call(body).call_id, wire::rpc_status::error, class_name, message));
      });
}

}  // namespace hdfsmount::testing
