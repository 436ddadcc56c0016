#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>

#include "base/log.hpp"
#include "base/result.hpp"

/// Coroutine tools without I/O.
///
/// Rules that hold everywhere above this folder:
/// - A task runs on a strand (spawn() sees to it), so its code is never run by two threads at once.
/// - Every wait takes a deadline and ends early with errc::cancelled when the task is cancelled.
/// - Cancellation never throws out of a co_await; it comes back as an error from the wait in progress and from every
/// later one.
/// - No mutex is held across a co_await.
namespace hdfsmount::async {

namespace asio = boost::asio;
using executor = asio::any_io_executor;

template <class T>
using task = asio::awaitable<T>;

/// Completion token: the operation's error code comes back as the first element of a tuple.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// Whether the running task has been asked to stop.
task<bool> is_cancelled();

/// Handle on a task that runs on its own; copies refer to the same task. Thread-safe.
class running_task {
 public:
  running_task() = default;
  /// Asks the task to stop; its waits end with errc::cancelled. Does nothing when it has ended.
  void cancel() const;

 private:
  friend running_task spawn(const executor&, logger&, task<void>, std::function<void()>);
  struct state;
  std::shared_ptr<state> state_;
};

/// Starts `work` on a new strand of `where`. `on_end` is called once when the task has ended, on its strand, also after
/// an exception, which is logged as a bug.
running_task spawn(const executor& where, logger& log, task<void> work, std::function<void()> on_end = {});

}  // namespace hdfsmount::async
