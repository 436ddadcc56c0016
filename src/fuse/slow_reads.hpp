#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <mutex>

#include "async/task.hpp"
#include "fuse/running_requests.hpp"

namespace hdfsmount::fuse {

/// Ends reads whose program wants to stop. The kernel asks for pages ahead of their readers and interrupts no such
/// request: a program that catches SIGINT would have to wait for its page. So threads whose reads take long are looked
/// at from time to time, in one task for all. Thread-safe; what it refers to must outlive it.
class slow_reads {
 public:
  struct options {
    milliseconds slow{300};    ///< reads younger than this are left alone
    milliseconds period{400};  ///< how often each is looked at
    milliseconds step{20};     ///< they are looked at in turn, a few in each step: one look takes about 30 microseconds
  };
  /// `wants_to_stop` says whether a thread waits only to be stopped; see interrupt_cause.hpp.
  slow_reads(running_requests& running, std::function<bool(pid_t)> wants_to_stop, async::executor where, logger& log,
             options settings);

  /// A read began for `thread`.
  void add(request_id id, pid_t thread);
  /// Ends the task.
  void stop();

 private:
  struct read {
    request_id id;
    pid_t thread;
    steady_time began;
  };
  async::task<void> watch();
  bool collect();
  void look_at_some();

  running_requests& running_;
  const std::function<bool(pid_t)> wants_to_stop_;
  const async::executor where_;
  logger& log_;
  const options settings_;

  std::mutex mutex_;        // leaf
  std::deque<read> young_;  // in order of `began`
  bool watching_ = false;
  bool stopped_ = false;
  async::running_task watcher_;
  std::deque<read> slow_;  // used by the watching task only; who was looked at last is at the end
};

}  // namespace hdfsmount::fuse
