#pragma once

#include <mutex>

#include "async/sleep.hpp"

namespace hdfsmount::namenode {

/// Spaces events in time: on the long run `per_second` of them, with up to a second's worth at once after a quiet time.
/// Thread-safe.
class rate_limiter {
 public:
  /// `per_second` <= 0: unlimited.
  explicit rate_limiter(double per_second);

  /// When the next event may happen; the slot is taken.
  steady_time reserve(steady_time now);
  /// Waits for a slot; errc::timed_out at once, without taking it, when it lies behind `deadline`.
  async::task<result<void>> wait(steady_time deadline);

 private:
  const std::chrono::nanoseconds interval_;
  std::mutex mutex_;  // leaf: nothing else is locked while it is held
  steady_time next_;  // when a slot is free without using up the second's worth
};

}  // namespace hdfsmount::namenode
