#include "async/notifier.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace hdfsmount::async {

class notifier::waiter {
 public:
  explicit waiter(const executor& where) : timer(where) {}
  asio::steady_timer timer;  // used on the waiting task's strand only
  bool notified = false;     // likewise
};

notifier::ticket_ptr notifier::ticket(const executor& where) {
  auto out = std::make_shared<waiter>(where);
  const std::lock_guard lock(mutex_);
  waiters_.push_back(out);
  return out;
}

task<result<void>> notifier::wait(ticket_ptr ticket, steady_time deadline) {
  auto cancelled = co_await is_cancelled();
  if (!ticket->notified && !cancelled) {
    ticket->timer.expires_at(deadline);
    co_await ticket->timer.async_wait(as_result);
    cancelled = co_await is_cancelled();
  }
  if (ticket->notified) co_return result<void>();
  {
    const std::lock_guard lock(mutex_);
    std::erase(waiters_, ticket);
  }
  co_return error(cancelled ? errc::cancelled : errc::timed_out);
}

namespace {
void wake(const notifier::ticket_ptr& ticket);
}

void notifier::notify_all() {
  std::vector<ticket_ptr> woken;
  {
    const std::lock_guard lock(mutex_);
    woken.swap(waiters_);
  }
  for (const auto& ticket : woken) wake(ticket);
}

bool notifier::notify_one() {
  ticket_ptr woken;
  {
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) return false;
    woken = std::move(waiters_.front());
    waiters_.erase(waiters_.begin());
  }
  wake(woken);
  return true;
}

namespace {
void wake(const notifier::ticket_ptr& ticket) {
  asio::post(ticket->timer.get_executor(), [ticket] {
    ticket->notified = true;
    ticket->timer.cancel();
  });
}
}  // namespace

}  // namespace hdfsmount::async
