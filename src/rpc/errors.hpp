#pragma once

#include "base/error.hpp"

namespace hdfsmount::rpc {

/// Whether the connection on which this came up is of no further use: its bytes cannot be trusted or no longer flow.
/// Time-outs and cancellations concern one call only.
inline bool is_fatal(const error& what) noexcept {
  if (what.code().category() != client_category()) return false;
  switch (static_cast<errc>(what.code().value())) {
    case errc::connection_lost:
    case errc::connect_failed:
    case errc::unknown_host:
    case errc::protocol_error:
    case errc::limit_exceeded:
    case errc::authentication_failed:
    case errc::shutting_down:
      return true;
    default:
      return false;
  }
}

}  // namespace hdfsmount::rpc
