#include <atomic>
#include <thread>

#include "async/sleep.hpp"
#include "async/worker_pool.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount {
namespace {

using namespace std::chrono_literals;
using testing::in;
using testing::task_runner;

async::task<void> sleep_twice(std::vector<error>& seen) {
  for (int i = 0; i < 2; ++i) {
    const auto slept = co_await async::sleep_until(in(10s));
    if (!slept) seen.push_back(slept.error());
  }
}

TEST(cancellation, ends_the_wait_in_progress_and_every_later_one) {
  task_runner tasks;
  std::vector<error> seen;
  const auto task = tasks.start(sleep_twice(seen));
  tasks.context().poll();
  EXPECT_TRUE(seen.empty());
  task.cancel();
  EXPECT_TRUE(tasks.drain(1s)) << "both sleeps end at once";
  ASSERT_EQ(seen.size(), 2U);
  for (const auto& what : seen) EXPECT_EQ(what.code(), make_error_code(errc::cancelled));
}

TEST(cancellation, of_an_ended_task_does_nothing) {
  task_runner tasks;
  const auto task = tasks.start([]() -> async::task<void> { co_return; }());
  EXPECT_TRUE(tasks.drain());
  task.cancel();
  EXPECT_TRUE(tasks.drain());
}

TEST(spawn, calls_on_end_once_also_after_an_exception) {
  task_runner tasks;
  int ended = 0;
  const auto failing = []() -> async::task<void> {
    co_await async::sleep_until(in(1ms));
    throw std::runtime_error("a bug");
  };
  async::spawn(tasks.executor(), tasks.log(), failing(), [&ended] { ++ended; });
  EXPECT_TRUE(tasks.drain());
  EXPECT_EQ(ended, 1);
}

TEST(worker_pool, work_goes_on_when_nobody_waits_any_more) {
  task_runner tasks;
  auto finished = std::make_shared<std::atomic<bool>>(false);
  {
    async::worker_pool pool(1);
    auto slow = [finished]() -> result<int> {
      std::this_thread::sleep_for(50ms);
      *finished = true;
      return 1;
    };
    EXPECT_EQ(tasks.run(pool.run(std::move(slow), in(5ms))).error().code(), make_error_code(errc::timed_out));
    auto quick = []() -> result<int> { return 2; };
    EXPECT_EQ(tasks.run(pool.run(std::move(quick), in(10s))).value(), 2);
  }
  EXPECT_TRUE(*finished);
}

TEST(worker_pool, ends_although_its_work_hangs) {
  auto go_on = std::make_shared<std::atomic<bool>>(false);
  auto ended = std::make_shared<std::atomic<bool>>(false);
  {
    async::worker_pool pool(1);
    pool.start([go_on, ended] {
      while (!*go_on) std::this_thread::sleep_for(1ms);
      *ended = true;
    });
  }
  EXPECT_FALSE(*ended);
  *go_on = true;
  while (!*ended) std::this_thread::sleep_for(1ms);
}

}  // namespace
}  // namespace hdfsmount
