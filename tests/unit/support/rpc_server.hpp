#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/scripted_stream.hpp"
#include "wire/rpc_frame.hpp"

/// The server's side of Hadoop RPC, for scripts.
namespace hdfsmount::testing {

/// What a client's frame held.
struct received_request {
  std::int32_t call_id = 0;
  std::int32_t retry_count = 0;
  std::string client_id;
  std::string caller_context;
  std::string protocol;  ///< of calls, and of the connection context
  std::string method;
  std::string arguments;
  std::string effective_user;  ///< of the connection context
  std::string real_user;
};

received_request parse_call(const std::string& body);
received_request parse_connection_context(const std::string& body);
/// Of a ping: everything but the call id is left alone.
std::int32_t parse_call_id(const std::string& body);
wire::sasl_message parse_sasl(const std::string& body);

std::string response(std::int32_t call_id, const std::string& payload);
std::string exception(std::int32_t call_id, wire::rpc_status status, const std::string& class_name,
                      const std::string& message, wire::rpc_error_code code = wire::rpc_error_code::application);
std::string sasl_response(const wire::sasl_message& message);

/// A server that takes a connection from a SIMPLE client.
script accepting_server();
/// Answers one call by `payload`.
void answer_call(script& server, std::string payload);
/// Answers one call by an exception.
void refuse_call(script& server, std::string class_name, std::string message);

}  // namespace hdfsmount::testing
