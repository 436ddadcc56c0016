#pragma once

#include <string>

#include "base/result.hpp"

namespace hdfsmount::control {

/// The last system call's failure, with what it was about.
error system_failure(std::string what);

/// A non-blocking descriptor connected to the UNIX socket at `path`; the caller closes it. Never waits: EAGAIN when the
/// server is there and its queue is full.
result<int> connect_unix(const std::string& path);

}  // namespace hdfsmount::control
