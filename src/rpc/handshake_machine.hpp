#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/negotiation.hpp"
#include "base/caller.hpp"
#include "net/tcp.hpp"
#include "rpc/reply.hpp"
#include "wire/rpc_frame.hpp"

namespace hdfsmount::rpc {

/// Who opens a connection, and for what.
struct connection_identity {
  connection_identity(wire::client_id client_, wire::rpc_protocol service_, hdfs_user user_, net::host_port address_)
      : client(client_),
        service(service_),
        user(std::move(user_)),
        address(std::move(address_)),
        server(address.to_string()) {}

  auth::target target() const { return {address.host, address.port, std::string(service.name), user, server}; }

  wire::client_id client;
  wire::rpc_protocol service;
  hdfs_user user;
  net::host_port address;
  std::string server;  ///< for error texts
};

/// The beginning of an RPC connection without I/O: connection header, SASL where it is asked for, connection context.
///
///   for (auto next = machine.start();; next = machine.resume(bytes)): stop at an error and at `done`, else write
///   output() or read exactly wanted() bytes into `bytes` (empty after a write).
///
/// The server does not acknowledge the connection context: if it refuses the user, that arrives later, as a fatal
/// answer to no particular call. Once a mechanism has negotiated protection, the connection context and everything
/// after it goes through it: the machine wraps the context, and take_mechanism() hands the mechanism over for the rest.
/// (Hadoop: Client.Connection.setupIOstreams)
class handshake_machine {
 public:
  enum class step { write, read, done };

  /// With `negotiate` the server is asked which of `methods` it wants; without, SIMPLE is announced.
  handshake_machine(connection_identity who, auth::method_list methods, bool negotiate);

  result<step> start();
  result<step> resume(byte_span received);

  const std::string& output() const noexcept { return output_; }
  std::size_t wanted() const noexcept { return wanted_; }

  /// The exception by which the server ended the handshake: more precise than the error that resume() returned.
  const std::shared_ptr<const remote_exception>& refusal() const noexcept { return refusal_; }
  /// What protects all that follows; null when nothing does. Once, after `done`.
  std::unique_ptr<auth::mechanism> take_mechanism() { return std::move(protection_); }

 private:
  enum class state { begun, header_sent, reading_length, reading_frame, context_sent };

  result<step> write(state next, std::string bytes);
  result<step> read(state next, std::size_t count);
  result<step> handle_frame(byte_span frame);
  result<step> write_context(std::string before);

  const connection_identity who_;
  const bool negotiate_;
  auth::negotiation negotiation_;
  std::unique_ptr<auth::mechanism> protection_;
  state state_ = state::begun;
  std::string output_;
  std::size_t wanted_ = 0;
  std::shared_ptr<const remote_exception> refusal_;
};

}  // namespace hdfsmount::rpc
