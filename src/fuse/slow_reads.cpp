#include "fuse/slow_reads.hpp"

#include <algorithm>

#include "async/sleep.hpp"

namespace hdfsmount::fuse {

slow_reads::slow_reads(running_requests& running, std::function<bool(pid_t)> wants_to_stop, async::executor where,
                       logger& log, options settings)
    : running_(running),
      wants_to_stop_(std::move(wants_to_stop)),
      where_(std::move(where)),
      log_(log),
      settings_(settings) {}

void slow_reads::add(request_id id, pid_t thread) {
  if (thread <= 0) return;  // of another pid namespace
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  young_.push_back({id, thread, std::chrono::steady_clock::now()});
  if (!std::exchange(watching_, true)) watcher_ = async::spawn(where_, log_, watch());
}

void slow_reads::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  watcher_.cancel();
}

async::task<void> slow_reads::watch() {
  for (;;) {
    const auto slept = co_await async::sleep_until(std::chrono::steady_clock::now() + settings_.step);
    if (!slept || !collect()) co_return;
    look_at_some();
  }
}

/// Takes over the reads that have become slow; false when nothing is left to watch.
bool slow_reads::collect() {
  std::erase_if(slow_, [this](const read& one) { return !running_.contains(one.id); });
  const auto limit = std::chrono::steady_clock::now() - settings_.slow;
  const std::lock_guard lock(mutex_);
  for (; !young_.empty() && young_.front().began <= limit; young_.pop_front()) slow_.push_back(young_.front());
  watching_ = !young_.empty() || !slow_.empty();
  return watching_;
}

void slow_reads::look_at_some() {
  const auto steps = static_cast<std::size_t>(std::max<milliseconds::rep>(settings_.period / settings_.step, 1));
  for (auto left = (slow_.size() + steps - 1) / steps; left > 0; --left) {
    const auto one = slow_.front();
    slow_.pop_front();
    slow_.push_back(one);
    if (running_.contains(one.id) && wants_to_stop_(one.thread)) running_.interrupt(one.id);
  }
}

}  // namespace hdfsmount::fuse
