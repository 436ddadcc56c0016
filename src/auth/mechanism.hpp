#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "wire/rpc_frame.hpp"

/// Who we are, proved to a server, as machines without sockets: tokens go in, tokens come out. RPC connections drive
/// them through auth::negotiation; connections to DataNodes will drive the same mechanisms by their own messages.
namespace hdfsmount::auth {

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
};

/// A way of authenticating that this client has the means for. Thread-safe, shared by connections.
class method {
 public:
  virtual ~method() = default;

  virtual std::string_view name() const = 0;       ///< as wire::sasl_auth::method
  virtual std::string_view mechanism() const = 0;  ///< as wire::sasl_auth::mechanism
  /// Begins to authenticate to the server that made this offer. No mechanism, without an error, when there is nothing
  /// to prove ourselves by to this server (no token for it, an expired ticket): the next offer is tried.
  virtual result<std::unique_ptr<auth::mechanism>> start(const wire::sasl_auth& offer) const = 0;
};

}  // namespace hdfsmount::auth
