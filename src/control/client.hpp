#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace hdfsmount::control {

/// Sends one request to the daemon behind the socket at `path` and waits for the `result` of its answer, in the calling
/// thread, at most `patience`. Errors: the system's (ENOENT and ECONNREFUSED: no daemon there), errc::timed_out,
/// errc::protocol_error, and errc::unsupported with the daemon's own text when it refuses.
result<boost::json::value> ask(const std::string& path, const boost::json::object& request, milliseconds patience);

}  // namespace hdfsmount::control
