#pragma once

#include <string>

namespace hdfsmount::fuse {

/// Catches what fusermount3 writes to the standard error it inherits, so that a failure is told in one line. Whatever
/// else arrives there meanwhile is written to the real standard error when the capture ends.
class captured_stderr {
 public:
  captured_stderr();
  ~captured_stderr();
  captured_stderr(const captured_stderr&) = delete;
  captured_stderr& operator=(const captured_stderr&) = delete;

  /// Ends the capture: the helper's last line without its name, empty when it said nothing.
  std::string finish();

 private:
  int saved_ = -1;
  int memory_ = -1;
};

}  // namespace hdfsmount::fuse
