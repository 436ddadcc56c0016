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

budget::share budget::try_take(std::size_t amount) {
  const std::lock_guard lock(mutex_);
  if (amount > free_) return {};
  free_ -= amount;
  return {this, amount};
}

task<result<budget::share>> budget::take(std::size_t amount, steady_time deadline) {
  if (amount > total_) co_return error(errc::out_of_memory);
  const auto here = co_await asio::this_coro::executor;
  for (;;) {
    notifier::ticket_ptr ticket;
    {
      const std::lock_guard lock(mutex_);
      if (amount <= free_) {
        free_ -= amount;
        co_return result<share>(share(this, amount));
      }
      ticket = changed_.ticket(here);
    }
    if (auto woken = co_await changed_.wait(std::move(ticket), deadline); !woken) co_return woken.error();
  }
}

std::size_t budget::in_use() const {
  const std::lock_guard lock(mutex_);
  return total_ - free_;
}

void budget::give_back(std::size_t amount) {
  {
    const std::lock_guard lock(mutex_);
    free_ += amount;
  }
  changed_.notify_all();
}

}  // namespace hdfsmount::async
