#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

#include "async/notifier.hpp"

namespace hdfsmount::async {

/// A bounded amount of something (bytes, calls in flight) that tasks take and give back. Waiters are served strictly in
/// order of arrival: nobody overtakes one that waits for more. Thread-safe; must outlive every share taken from it.
class budget {
 public:
  explicit budget(std::size_t total) : free_(total), total_(total) {}

  /// An amount taken; gives it back when destroyed.
  class share {
   public:
    share() = default;
    share(share&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), amount_(other.amount_) {}
    share& operator=(share&& other) noexcept;
    ~share() { release(); }
    void release() noexcept;
    explicit operator bool() const noexcept { return owner_ != nullptr; }

   private:
    friend class budget;
    share(budget* owner, std::size_t amount) : owner_(owner), amount_(amount) {}
    budget* owner_ = nullptr;
    std::size_t amount_ = 0;
  };

  /// At once, or an empty share when there is not enough or others wait for it.
  share try_take(std::size_t amount);
  /// Waits until there is enough; errc::out_of_memory when `amount` exceeds the whole budget.
  task<result<share>> take(std::size_t amount, steady_time deadline);

  std::size_t total() const noexcept { return total_; }
  std::size_t in_use() const;

 private:
  struct waiter;  // guarded by mutex_
  using queue = std::deque<std::shared_ptr<waiter>>;

  void give_back(std::size_t amount);
  queue grant_locked();
  static void wake(const queue& granted);

  mutable std::mutex mutex_;  // taken before a notifier's
  std::size_t free_;
  const std::size_t total_;
  queue waiting_;
};

}  // namespace hdfsmount::async
