#pragma once

#include <cstddef>
#include <memory>
#include <mutex>

#include "async/notifier.hpp"

namespace hdfsmount::async {

/// A bounded amount of something (bytes, calls in flight) that tasks take and give back. Thread-safe; waiters are
/// served in order of arrival as far as the amounts allow. Must outlive every share taken from it.
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

  /// At once, or an empty share. Larger than the whole budget: never.
  share try_take(std::size_t amount);
  /// Waits until there is enough; errc::out_of_memory when `amount` exceeds the whole budget.
  task<result<share>> take(std::size_t amount, steady_time deadline);

  std::size_t total() const noexcept { return total_; }
  std::size_t in_use() const;

 private:
  void give_back(std::size_t amount);

  mutable std::mutex mutex_;  // taken before the notifier's
  std::size_t free_;
  const std::size_t total_;
  notifier changed_;
};

}  // namespace hdfsmount::async
