#pragma once

#include <stdexcept>
#include <string>

namespace hdfsmount::cli {

/// Exit codes of mount(8), which mount.hdfs has to keep to.
inline constexpr int exit_ok = 0;
inline constexpr int exit_usage = 1;
inline constexpr int exit_mount_failed = 32;

/// Why nothing was mounted: what() is one line for a person that says what, which host, which key, what to do.
class startup_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace hdfsmount::cli
