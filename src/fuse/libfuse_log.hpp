#pragma once

#include <string>
#include <vector>

#include "base/log.hpp"

namespace hdfsmount::fuse {

/// libfuse writes its messages through one function for the whole process. While an object of this class lives they go
/// to `log`; at most one may live at a time.
class libfuse_log {
 public:
  explicit libfuse_log(logger& log);
  ~libfuse_log();
  libfuse_log(const libfuse_log&) = delete;
  libfuse_log& operator=(const libfuse_log&) = delete;

  /// From now on messages are kept for end_capture() instead of logged.
  void begin_capture();
  std::vector<std::string> end_capture();
};

}  // namespace hdfsmount::fuse
