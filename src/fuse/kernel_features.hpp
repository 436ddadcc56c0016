#pragma once

#include <string>

#include "fuse/libfuse.hpp"

namespace hdfsmount::fuse {

inline constexpr unsigned max_request_size = 1U << 20;  ///< bytes; the largest request of kernels since 4.20

/// Chooses among what the kernel offers in its INIT message and answers in `connection`. Returns one line for the log:
/// what was agreed on.
std::string negotiate(fuse_conn_info& connection, unsigned max_background);

}  // namespace hdfsmount::fuse
