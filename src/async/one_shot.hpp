#pragma once

#include <optional>
#include <utility>

#include "async/notifier.hpp"

namespace hdfsmount::async {

/// A result that is set once, from any thread, and waited for by any number of tasks. Share it by std::shared_ptr.
template <class T>
class one_shot {
 public:
  /// The first value stays; later ones are dropped (false).
  bool set(result<T> value) {
    {
      const std::lock_guard lock(mutex_);
      if (value_) return false;
      value_.emplace(std::move(value));
    }
    waiters_.notify_all();
    return true;
  }

  bool ready() const {
    const std::lock_guard lock(mutex_);
    return value_.has_value();
  }

  /// A copy of the value if it is there.
  std::optional<result<T>> peek() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  /// A copy of the value, or errc::timed_out / errc::cancelled. Use T = std::shared_ptr<...> for what is costly to
  /// copy.
  task<result<T>> wait(steady_time deadline) {
    const auto here = co_await asio::this_coro::executor;
    notifier::ticket_ptr ticket;
    {
      const std::lock_guard lock(mutex_);
      // As const: a result<bool> would be made from another one's having a value.
      if (value_) co_return std::as_const(*value_);
      ticket = waiters_.ticket(here);
    }
    if (auto woken = co_await waiters_.wait(std::move(ticket), deadline); !woken) co_return woken.error();
    const std::lock_guard lock(mutex_);
    co_return std::as_const(*value_);
  }

 private:
  mutable std::mutex mutex_;  // taken before the notifier's
  std::optional<result<T>> value_;
  notifier waiters_;
};

}  // namespace hdfsmount::async
