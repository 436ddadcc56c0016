#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/caller.hpp"
#include "base/result.hpp"
#include "wire/rpc_frame.hpp"

/// Who we are, proved to a server, as machines without sockets: tokens go in, tokens come out. RPC connections drive
/// them through auth::negotiation; connections to DataNodes will drive the same mechanisms by their own messages.
namespace hdfsmount::auth {

/// What has to be authenticated: a connection to a server, for a protocol, as a user.
struct target {
  target(std::string host_, std::uint16_t port_, std::string protocol_, hdfs_user user_, std::string server_)
      : host(std::move(host_)),
        port(port_),
        protocol(std::move(protocol_)),
        user(std::move(user_)),
        server(std::move(server_)) {}

  std::string host;  ///< as configured: a name or an address
  std::uint16_t port;
  std::string protocol;  ///< Java name of the interface: which kind of server this is
  hdfs_user user;        ///< whose credentials are needed; those of `user.real` where that is set
  std::string server;    ///< for error texts
};

/// What every message is wrapped in once a mechanism is done. (SASL quality of protection)
enum class protection { none, integrity, privacy };

/// One run of a SASL mechanism, client side. Used by one task at a time.
class mechanism {
 public:
  virtual ~mechanism() = default;

  /// Consumes the server's challenge (empty at the very beginning) and returns the token to answer with; empty when
  /// there is nothing to say. errc::authentication_failed when the server's token is wrong.
  virtual result<std::string> step(std::string_view challenge) = 0;
  /// Whether our side has nothing left to prove or to check.
  virtual bool done() const = 0;

  /// What was negotiated; valid once done().
  virtual protection layer() const { return protection::none; }
  /// Used when layer() is not none, for every message in order. errc::authentication_failed when a message was tampered
  /// with.
  virtual result<std::string> wrap(std::string_view plain) { return std::string(plain); }
  virtual result<std::string> unwrap(std::string_view wrapped) { return std::string(wrapped); }
  /// The longest message that wrap() takes, bytes.
  virtual std::size_t largest_message() const { return std::size_t{64} * 1024; }
};

/// A way of authenticating that this client has the means for. Thread-safe, shared by connections.
class method {
 public:
  virtual ~method() = default;

  virtual std::string_view name() const = 0;       ///< as wire::sasl_auth::method
  virtual std::string_view mechanism() const = 0;  ///< as wire::sasl_auth::mechanism
  /// Begins to authenticate `what` to the server that made this offer, which is not to be trusted yet: a token is
  /// chosen, and a principal is checked, by what `what` says of the server. No mechanism, without an error, when there
  /// is nothing to prove ourselves by to this server (no token for it, an expired ticket): the next offer is tried.
  virtual result<std::unique_ptr<auth::mechanism>> start(const wire::sasl_auth& offer, const target& what) const = 0;
};

/// What a client has the means for.
using method_list = std::vector<std::shared_ptr<const method>>;

}  // namespace hdfsmount::auth
