#pragma once

#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"

namespace hdfsmount::fuse {

/// The requests that tasks are working on, by number, so that an interrupt or the end of the mount can cancel them.
/// libfuse may deliver an interrupt at any moment between the registration of its callback and some time after the
/// reply, so what it carries is a number that is looked up here, never a pointer. Thread-safe.
class running_requests {
 public:
  /// Before the interrupt callback is registered and the task started.
  void open(request_id id);
  /// Once the task runs; cancels it when an interrupt came first. Does nothing when the task has ended already.
  void attach(request_id id, const async::running_task& task);
  /// When the task has ended.
  void close(request_id id);

  bool contains(request_id id);
  void interrupt(request_id id);
  void cancel_all();
  /// False when some still run after `patience`.
  bool wait_until_empty(milliseconds patience);

 private:
  struct running {
    async::running_task task;
    bool interrupted = false;
  };

  std::mutex mutex_;  // leaf but for running_task::cancel(), which only posts
  std::condition_variable emptied_;
  std::unordered_map<request_id, running> running_;
};

}  // namespace hdfsmount::fuse
