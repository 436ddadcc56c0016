#include "async/notifier.hpp"

#include <thread>

#include "support/task_runner.hpp"

namespace hdfsmount {
namespace {

using namespace std::chrono_literals;
using testing::in;
using testing::task_runner;

async::task<result<void>> wait_on(async::notifier& changes, steady_time deadline) {
  auto ticket = changes.ticket(co_await async::asio::this_coro::executor);
  co_return co_await changes.wait(std::move(ticket), deadline);
}

TEST(notifier, ends_at_the_deadline_when_nothing_happens) {
  task_runner tasks;
  async::notifier changes;
  const auto outcome = tasks.run(wait_on(changes, in(5ms)));
  EXPECT_EQ(outcome.error().code(), make_error_code(errc::timed_out));
  EXPECT_FALSE(changes.notify_one()) << "a ticket that ended is forgotten";
}

TEST(notifier, does_not_miss_a_change_between_ticket_and_wait) {
  task_runner tasks;
  async::notifier changes;
  const auto work = [](async::notifier& it) -> async::task<result<void>> {
    auto ticket = it.ticket(co_await async::asio::this_coro::executor);
    it.notify_all();
    co_return co_await it.wait(std::move(ticket), in(10s));
  };
  EXPECT_TRUE(tasks.run(work(changes)));
}

TEST(notifier, is_woken_from_another_thread) {
  task_runner tasks;
  async::notifier changes;
  std::thread waker([&changes] {
    const auto give_up = in(10s);
    while (!changes.notify_one() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  });
  EXPECT_TRUE(tasks.run(wait_on(changes, in(10s))));
  waker.join();
}

TEST(notifier, wakes_the_longest_waiting_first) {
  task_runner tasks;
  async::notifier changes;
  std::vector<int> order;
  const auto waiter = [](async::notifier& it, std::vector<int>& log, int number) -> async::task<void> {
    if (co_await wait_on(it, in(10s))) log.push_back(number);
  };
  for (int i = 0; i < 3; ++i) tasks.start(waiter(changes, order, i));
  tasks.context().poll();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(changes.notify_one());
    tasks.context().poll();
  }
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

}  // namespace
}  // namespace hdfsmount
