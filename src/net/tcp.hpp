#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "net/resolver.hpp"
#include "net/stream.hpp"

namespace hdfsmount::net {

/// A host name or address literal, and a port.
struct host_port {
  host_port() = default;
  host_port(std::string host_, std::uint16_t port_) : host(std::move(host_)), port(port_) {}

  std::string host;
  std::uint16_t port = 0;

  /// "host:port", with brackets around an IPv6 address.
  std::string to_string() const;
  friend auto operator<=>(const host_port&, const host_port&) = default;
};

/// Makes connections; tests replace it by scripted streams. Thread-safe.
class connector {
 public:
  virtual ~connector() = default;
  /// errc::unknown_host, connect_failed, timed_out or cancelled, with the peer's name in the detail. The stream may be
  /// used from any one task at a time.
  virtual async::task<result<stream_ptr>> connect(host_port peer, steady_time deadline) = 0;
};

/// TCP with TCP_NODELAY. Every address of a name is tried in turn, each for its share of the time that is left. `names`
/// must outlive the connector.
std::unique_ptr<connector> make_tcp_connector(resolver& names);

}  // namespace hdfsmount::net
