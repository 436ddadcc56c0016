#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <span>
#include <string>

#include "async/task.hpp"
#include "fs/file_system.hpp"
#include "fs/identity_mapper.hpp"
#include "fuse/init_workaround.hpp"
#include "fuse/libfuse.hpp"
#include "fuse/running_requests.hpp"
#include "fuse/slow_reads.hpp"
#include "fuse/traffic.hpp"

/// Between the kernel and fs/: decodes a request, starts it, answers it exactly once. No semantics.
///
/// A request arrives on one of libfuse's few reader threads. What fs/ can answer from memory is answered right there;
/// everything else becomes a task on the io_context, which owns copies of the arguments and answers later. A reader
/// thread never waits for the network, so the number of threads does not grow with the number of waiting requests.
/// Ctrl-C in a program (FUSE_INTERRUPT) cancels the request's task; interrupt_cause.hpp says which signals do. Reads,
/// which the kernel does not interrupt, are watched by slow_reads.
///
/// Messages to the kernel that nobody asked for (invalidate an inode, an entry) must not be sent from these threads:
/// the kernel may hold a lock that only our answer to another request frees. They will have one thread of their own,
/// owned by the session and fed by a queue, that holds no lock while it sends.
namespace hdfsmount::fuse {

class adapter {
 public:
  struct options {
    milliseconds timeout{60000};  ///< bound of every request, from its arrival
    unsigned max_background = 64;
  };

  /// Everything referred to must outlive the adapter; `executor` runs the tasks.
  adapter(fs::file_system& files, const fs::identity_mapper& users, async::executor executor, logger& log,
          metrics& numbers, options settings);

  /// The table for fuse_session_new(), whose userdata must be an adapter.
  static const fuse_lowlevel_ops& operations();

  /// writev(2) for everything that libfuse sends to the kernel; `userdata` is an adapter. See init_workaround.
  static ssize_t write_answer(int fd, iovec* pieces, int count, void* userdata) noexcept;

  /// Ready once the kernel and we have agreed on the protocol (INIT).
  std::future<void> initialised() { return initialised_.get_future(); }
  /// Cancels the tasks of all requests and waits until they have answered; false when some have not after `patience`.
  bool cancel_requests(milliseconds patience);

 private:
  friend struct operation_table;

  fs::file_system& files_;
  const fs::identity_mapper& users_;
  async::executor executor_;
  logger& log_;
  traffic traffic_;
  const options settings_;
  running_requests running_;
  slow_reads slow_reads_;
  std::atomic<std::uint64_t> last_request_{0};
  std::promise<void> initialised_;
  init_workaround workaround_;
};

}  // namespace hdfsmount::fuse
