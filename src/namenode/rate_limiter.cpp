#include "namenode/rate_limiter.hpp"

#include <algorithm>

namespace hdfsmount::namenode {
namespace {

constexpr seconds burst(1);

std::chrono::nanoseconds interval_of(double per_second) {
  if (per_second <= 0) return std::chrono::nanoseconds(0);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1 / per_second));
}

}  // namespace

rate_limiter::rate_limiter(double per_second) : interval_(interval_of(per_second)) {}

/// `next_` runs ahead of the time by one interval an event; as long as it is less than a burst ahead, events pass at
/// once.
steady_time rate_limiter::reserve(steady_time now) {
  if (interval_.count() == 0) return now;
  const std::lock_guard lock(mutex_);
  next_ = std::max(next_, now) + interval_;
  return std::max(now, next_ - std::max<std::chrono::nanoseconds>(burst, interval_));
}

async::task<result<void>> rate_limiter::wait(steady_time deadline) {
  const auto now = std::chrono::steady_clock::now();
  const auto slot = reserve(now);
  if (slot <= now) co_return result<void>();
  if (slot > deadline) {
    const std::lock_guard lock(mutex_);
    next_ -= interval_;
    co_return error(errc::timed_out, "the mount's limit of NameNode calls per second");
  }
  co_return co_await async::sleep_until(slot);
}

}  // namespace hdfsmount::namenode
