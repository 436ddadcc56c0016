#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"

namespace hdfsmount::async {

/// Wakes tasks that wait for a change of state guarded by somebody else's mutex. Thread-safe.
///
/// Usage, with the state's own mutex: lock, look, and if the state is not there yet take a ticket() before unlocking;
/// then co_await wait(ticket). A change made after the ticket was taken cannot be missed. A ticket belongs to the task
/// that took it.
class notifier {
 public:
  class waiter;
  using ticket_ptr = std::shared_ptr<waiter>;

  /// Registers the running task; `where` is its executor (co_await asio::this_coro::executor).
  ticket_ptr ticket(const executor& where);
  /// Ends at the first notify_*() that picks this ticket, at `deadline` (errc::timed_out), or on cancellation.
  task<result<void>> wait(ticket_ptr ticket, steady_time deadline);

  void notify_all();
  /// Wakes the ticket that has waited longest; false when there was none.
  bool notify_one();

 private:
  std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::vector<ticket_ptr> waiters_;
};

}  // namespace hdfsmount::async
