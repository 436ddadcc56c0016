#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "async/task.hpp"

namespace hdfsmount::testing {

/// Runs tasks to their end on the calling thread, with a watchdog: what hangs fails the test instead of blocking it.
class task_runner {
 public:
  explicit task_runner(seconds watchdog = seconds(20)) : watchdog_(watchdog) {}

  async::executor executor() { return io_.get_executor(); }
  boost::asio::io_context& context() { return io_; }
  logger& log() { return log_; }

  /// The value of `work`; nothing, and a failed test, when it does not end.
  template <class T>
  std::optional<T> try_run(async::task<T> work) {
    std::optional<T> out;
    bool ended = false;
    async::spawn(executor(), log_, store(std::move(work), out), [&ended] { ended = true; });
    const auto limit = std::chrono::steady_clock::now() + watchdog_;
    io_.restart();
    while (!ended && std::chrono::steady_clock::now() < limit) io_.run_one_until(limit);
    EXPECT_TRUE(ended) << "a task hangs";
    if (!ended) std::abort();
    return out;
  }

  template <class T>
  T run(async::task<T> work) {
    return std::move(try_run(std::move(work)).value());
  }

  /// Starts `work` beside what run() will run.
  async::running_task start(async::task<void> work) { return async::spawn(executor(), log_, std::move(work)); }

  /// Runs what is left; false when something still waits after `limit`.
  bool drain(milliseconds limit = seconds(5)) {
    io_.restart();
    io_.run_for(limit);
    return io_.stopped();
  }

 private:
  template <class T>
  static async::task<void> store(async::task<T> work, std::optional<T>& out) {
    out.emplace(co_await std::move(work));
  }

  const seconds watchdog_;
  boost::asio::io_context io_;
  logger log_ = logger::to_stderr(log_level::off);
};

/// `amount` from now.
inline steady_time in(milliseconds amount) {
  return std::chrono::steady_clock::now() + amount;
}

}  // namespace hdfsmount::testing
