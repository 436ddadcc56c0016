#include "async/budget.hpp"

namespace hdfsmount::async {

budget::share& budget::share::operator=(share&& other) noexcept {
  if (this != &other) {
    release();
    owner_ = std::exchange(other.owner_, nullptr);
    amount_ = other.amount_;
  }
  return *this;
}

void budget::share::release() noexcept {
  if (auto* owner = std::exchange(owner_, nullptr)) owner->give_back(amount_);
}

struct budget::waiter {
  explicit waiter(std::size_t amount_) : amount(amount_) {}
  const std::size_t amount;
  bool granted = false;
  notifier turn;
};

budget::share budget::try_take(std::size_t amount) {
  const std::lock_guard lock(mutex_);
  if (amount > free_ || !waiting_.empty()) return {};
  free_ -= amount;
  return {this, amount};
}

task<result<budget::share>> budget::take(std::size_t amount, steady_time deadline) {
  if (amount > total_) co_return error(errc::out_of_memory);
  const auto here = co_await asio::this_coro::executor;
  const auto mine = std::make_shared<waiter>(amount);
  notifier::ticket_ptr ticket;
  {
    const std::lock_guard lock(mutex_);
    if (amount <= free_ && waiting_.empty()) {
      free_ -= amount;
      co_return result<share>(share(this, amount));
    }
    waiting_.push_back(mine);
    ticket = mine->turn.ticket(here);
  }
  const auto woken = co_await mine->turn.wait(std::move(ticket), deadline);
  queue granted;
  {
    const std::lock_guard lock(mutex_);
    if (mine->granted) co_return result<share>(share(this, amount));
    std::erase(waiting_, mine);
    granted = grant_locked();
  }
  wake(granted);
  co_return woken.error();
}

std::size_t budget::in_use() const {
  const std::lock_guard lock(mutex_);
  return total_ - free_;
}

void budget::give_back(std::size_t amount) {
  queue granted;
  {
    const std::lock_guard lock(mutex_);
    free_ += amount;
    granted = grant_locked();
  }
  wake(granted);
}

/// Serves those who have waited longest, as far as there is enough; wake() them without the lock.
budget::queue budget::grant_locked() {
  queue granted;
  while (!waiting_.empty() && waiting_.front()->amount <= free_) {
    free_ -= waiting_.front()->amount;
    waiting_.front()->granted = true;
    granted.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return granted;
}

void budget::wake(const queue& granted) {
  for (const auto& one : granted) one->turn.notify_all();
}

}  // namespace hdfsmount::async
