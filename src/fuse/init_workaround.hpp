#pragma once

#include <sys/uio.h>

#include <atomic>

#include "fuse/libfuse.hpp"

namespace hdfsmount::fuse {

/// libfuse before 3.17 takes FUSE_CAP_PARALLEL_DIROPS but leaves it out of its answer to INIT
/// (github.com/libfuse/libfuse/pull/861). The kernel then makes one look-up or listing at a time in each directory, and
/// others wait for it in a way that no signal ends. So the answer is completed on its way to the device.
class init_workaround {
 public:
  /// From the init operation: the next message to the kernel is the answer to it. `want` as given to libfuse.
  void arm(unsigned want) noexcept;
  /// writev(2), but for an answer that has to be completed.
  ssize_t write(int fd, iovec* pieces, int count) noexcept;

 private:
  std::atomic<bool> armed_{false};
};

}  // namespace hdfsmount::fuse
