#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cursor.hpp"
#include "base/result.hpp"

/// wire/ turns bytes into values and back and does nothing else: no sockets, no clocks, no state. Decoders take bytes
/// from anybody: they never throw, never read past the end, and bound every length and count before they allocate.
///
/// This header is the framing of Hadoop RPC, version 9 (org.apache.hadoop.ipc.Client, Server, RpcHeader.proto). A
/// connection begins with a connection header, then both sides send frames: four bytes of length, a delimited header
/// and, mostly, a delimited message.
namespace hdfsmount::wire {

/// What an answer may have at most; Hadoop's default of ipc.maximum.response.length.
inline constexpr std::size_t max_response_length = 128 * 1024 * 1024;
/// What a server may send before it has authenticated itself; Kerberos tickets stay far below.
inline constexpr std::size_t max_sasl_length = 1024 * 1024;
/// The big-endian length that precedes every frame.
inline constexpr std::size_t frame_length_size = 4;

inline constexpr std::int32_t connection_context_call_id = -3;
inline constexpr std::int32_t ping_call_id = -4;
inline constexpr std::int32_t sasl_call_id = -33;

/// What follows the connection header: `none` a connection context at once, `sasl` a SASL negotiation.
enum class auth_protocol : std::uint8_t { none = 0, sasl = 0xdf };

/// The first bytes of a connection.
std::array<std::byte, 7> encode_connection_header(auth_protocol auth);

/// Identity of a client to the NameNode's retry cache; random.
using client_id = std::array<std::byte, 16>;

/// Goes to the server's audit log. (org.apache.hadoop.ipc.CallerContext)
struct caller_context {
  explicit caller_context(std::string context_, std::string signature_ = {})
      : context(std::move(context_)), signature(std::move(signature_)) {}

  std::string context;
  std::string signature;  ///< bytes; empty: none

  friend bool operator==(const caller_context&, const caller_context&) = default;
};

struct rpc_request_header {
  rpc_request_header(std::int32_t call_id_, const client_id& client_) : call_id(call_id_), client(client_) {}

  std::int32_t call_id;  ///< of a real call not negative; kept when the call is repeated
  client_id client;
  std::int32_t retry_count = 0;
  std::optional<caller_context> context;
  std::optional<std::int64_t> state_id;  ///< the newest seen, for observer reads
  std::string router_federated_state;    ///< bytes; empty: none
};

/// A Java interface that is served over RPC.
struct rpc_protocol {
  std::string_view name;
  std::uint64_t version;
};

inline constexpr rpc_protocol client_protocol{"org.apache.hadoop.hdfs.protocol.ClientProtocol", 1};
inline constexpr rpc_protocol client_datanode_protocol{"org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol", 1};

/// The whole frame of a call; `message` is the encoded request message.
std::string encode_call(const rpc_request_header& header, const rpc_protocol& protocol, std::string_view method,
                        std::string_view message);

/// Must be the first frame after authentication. `real_user` is who authenticated where `effective_user` is somebody
/// else; empty otherwise.
std::string encode_connection_context(const client_id& client, std::string_view protocol_name,
                                      std::string_view effective_user, std::string_view real_user);

/// Is not answered; keeps the server from closing an idle connection.
std::string encode_ping(const client_id& client);

/// Length of the frame that follows these four bytes; limit_exceeded beyond `limit`, protocol_error when negative or
/// zero. The error's text says so when the peer is a web server.
result<std::size_t> decode_frame_length(byte_span four_bytes, std::size_t limit);

enum class rpc_status : std::uint8_t {
  success,
  error,  ///< this call failed
  fatal,  ///< the server is about to close the connection
};

/// Why a call failed before or beside the called method.
enum class rpc_error_code : std::uint8_t {
  unspecified = 0,
  application = 1,
  no_such_method = 2,
  no_such_protocol = 3,
  rpc_server = 4,
  serializing_response = 5,
  version_mismatch = 6,
  fatal_unknown = 10,
  fatal_unsupported_serialization = 11,
  fatal_invalid_rpc_header = 12,
  fatal_deserializing_request = 13,
  fatal_version_mismatch = 14,
  fatal_unauthorized = 15,
};

struct rpc_response_header {
  rpc_response_header() = default;

  std::int32_t call_id = 0;
  rpc_status status = rpc_status::success;
  std::string exception_class;  ///< Java class name; untrusted text
  std::string message;          ///< the exception's text, mostly with a stack trace; untrusted, cut at 16 KiB
  rpc_error_code error_detail = rpc_error_code::unspecified;
  std::optional<std::int64_t> state_id;
  std::string router_federated_state;
};

struct rpc_response {
  rpc_response() = default;

  rpc_response_header header;
  byte_span payload;  ///< the result message, a part of the frame; empty unless the call succeeded
};

/// `frame` is everything after the frame length.
result<rpc_response> decode_response(byte_span frame);

enum class sasl_state : std::uint8_t { success, negotiate, initiate, challenge, response, wrap };

/// One way to authenticate that a server offers or a client chooses. A client sends its choice back exactly as it was
/// offered but without the challenge: servers compare it with their offer, absent and empty fields being different.
struct sasl_auth {
  sasl_auth() = default;
  sasl_auth(std::string method_, std::string mechanism_, std::optional<std::string> protocol_ = {},
            std::optional<std::string> server_id_ = {}, std::optional<std::string> challenge_ = {})
      : method(std::move(method_)),
        mechanism(std::move(mechanism_)),
        protocol(std::move(protocol_)),
        server_id(std::move(server_id_)),
        challenge(std::move(challenge_)) {}

  std::string method;                    ///< "SIMPLE", "KERBEROS", "TOKEN"
  std::string mechanism;                 ///< SASL's name: "", "GSSAPI", "DIGEST-MD5"
  std::optional<std::string> protocol;   ///< the service part of a Kerberos principal
  std::optional<std::string> server_id;  ///< its host part; the realm of DIGEST-MD5
  std::optional<std::string> challenge;  ///< bytes of a first challenge that came with the offer

  friend bool operator==(const sasl_auth&, const sasl_auth&) = default;
};

struct sasl_message {
  sasl_message() = default;
  explicit sasl_message(sasl_state state_) : state(state_) {}

  sasl_state state = sasl_state::negotiate;
  std::optional<std::string> token;  ///< bytes; may be present and empty
  std::vector<sasl_auth> auths;

  friend bool operator==(const sasl_message&, const sasl_message&) = default;
};

/// The whole frame of a message of ours.
std::string encode_sasl(const sasl_message& message);

/// `payload` is that of a response whose call id is sasl_call_id; limit_exceeded beyond `limit` bytes.
result<sasl_message> decode_sasl(byte_span payload, std::size_t limit = max_sasl_length);

}  // namespace hdfsmount::wire
