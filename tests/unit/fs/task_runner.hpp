#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"

namespace hdfsmount::fs::testing {

/// A clock that moves only when told to. Deadlines stay on the real one.
class fake_clock final : public clock_source {
 public:
  steady_time now() const noexcept override { return start_ + milliseconds(elapsed_.load()); }
  void advance(milliseconds by) { elapsed_ += by.count(); }

 private:
  const steady_time start_ = std::chrono::steady_clock::now();
  std::atomic<milliseconds::rep> elapsed_{0};
};

inline steady_time in(milliseconds from_now) {
  return std::chrono::steady_clock::now() + from_now;
}

/// An io_context run by two threads, as in the daemon. Declare it before whatever its tasks use, and finish() it before
/// that goes: tasks end first, the io_context last.
class task_runner {
 public:
  ~task_runner() { finish(); }

  /// Waits for all tasks.
  void finish() {
    guard_.reset();
    threads_.clear();
  }

  template <class T>
  struct started {
    async::running_task task;
    std::future<T> outcome;
    T get() {
      if (outcome.wait_for(seconds(20)) != std::future_status::ready) throw std::runtime_error("a task that hangs");
      return outcome.get();
    }
    bool done() const { return outcome.wait_for(seconds(0)) == std::future_status::ready; }
  };

  template <class T>
  started<T> start(async::task<T> work) {
    auto promise = std::make_shared<std::promise<T>>();
    started<T> out;
    out.outcome = promise->get_future();
    out.task = async::spawn(io_.get_executor(), log, deliver(std::move(work), promise));
    return out;
  }
  template <class T>
  T run(async::task<T> work) {
    return start(std::move(work)).get();
  }

  logger log = logger::to_stderr(log_level::error);

 private:
  template <class T>
  static async::task<void> deliver(async::task<T> work, std::shared_ptr<std::promise<T>> to) {
    to->set_value(co_await std::move(work));
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_ = boost::asio::make_work_guard(io_);
  std::vector<std::jthread> threads_ = make_threads();
  std::vector<std::jthread> make_threads() {
    std::vector<std::jthread> out;
    for (int i = 0; i < 2; ++i) out.emplace_back([this] { io_.run(); });
    return out;
  }
};

/// Waits for something that another thread does; false after ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto end = in(seconds(10));
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

}  // namespace hdfsmount::fs::testing
