#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "auth/simple.hpp"
#include "base/clock.hpp"

namespace hdfsmount::rpc {

/// How connections to Hadoop servers behave; filled from config::settings.
struct options {
  options() = default;

  milliseconds connect_timeout{20'000};  ///< ipc.client.connect.timeout: TCP and handshake together
  milliseconds max_idle{10'000};         ///< ipc.client.connection.maxidletime: then an unused connection is closed
  /// ipc.ping.interval: a connection that has calls pending and is silent for so long is pinged; 0: never
  /// (ipc.client.ping = false).
  milliseconds ping_interval{60'000};
  std::size_t max_response = 128U * 1024 * 1024;  ///< ipc.maximum.response.length, bytes
  /// First part of the caller context that servers write into their audit logs, "hdfsmount:HOST:MOUNTPOINT"; who calls
  /// is added. Empty: calls carry no caller context.
  std::string caller_context;
  /// Begin every connection by asking the server which authentication it wants, as Hadoop's clients do when
  /// hadoop.security.authentication is not "simple". Otherwise SIMPLE is announced at once, which saves a round trip.
  bool negotiate = false;
  /// What the client can answer to that.
  auth::method_list methods{std::make_shared<auth::simple_method>()};
};

}  // namespace hdfsmount::rpc
