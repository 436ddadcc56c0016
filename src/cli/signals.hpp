#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace hdfsmount::cli {

/// Blocks the signals that signal_thread takes, in this thread and those it starts later; ignores SIGPIPE and, in a
/// daemon, SIGHUP. Call before any thread is started.
void block_signals(bool foreground);

/// SIGTERM and SIGINT, taken by one thread that does nothing else, so that what they start may wait. In the foreground
/// SIGHUP counts as well: the terminal went away.
class signal_thread {
 public:
  /// After block_signals(). `on_signal` runs on the thread, once for each signal.
  signal_thread(bool foreground, std::function<void()> on_signal);
  /// Waits for an on_signal() in progress.
  ~signal_thread();
  signal_thread(const signal_thread&) = delete;
  signal_thread& operator=(const signal_thread&) = delete;

 private:
  std::function<void()> on_signal_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace hdfsmount::cli
