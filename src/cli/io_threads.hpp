#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"

namespace hdfsmount::cli {

/// The io_context and the threads that run it.
class io_threads {
 public:
  io_threads(unsigned count, logger& log);
  ~io_threads();
  io_threads(const io_threads&) = delete;
  io_threads& operator=(const io_threads&) = delete;

  async::executor executor() { return context_.get_executor(); }

  /// Runs `work` and waits for its result in the calling thread, which must not be one of these. `started` gets the
  /// handle to cancel it by.
  template <class T, class Started>
  result<T> run(async::task<result<T>> work, Started started) {
    auto outcome = std::make_shared<std::promise<result<T>>>();
    auto future = outcome->get_future();
    started(async::spawn(executor(), log_, deliver<T>(std::move(work), std::move(outcome))));
    return future.get();
  }

  /// Lets the threads end as soon as no task and no operation is left; false when some are after `patience`.
  bool drain(milliseconds patience);

 private:
  template <class T>
  static async::task<void> deliver(async::task<result<T>> work, std::shared_ptr<std::promise<result<T>>> outcome) {
    try {
      outcome->set_value(co_await std::move(work));
    } catch (...) {
      outcome->set_exception(std::current_exception());
    }
  }

  logger& log_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::mutex mutex_;  // leaf
  std::condition_variable ended_;
  std::size_t running_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace hdfsmount::cli
