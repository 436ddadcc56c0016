#include "async/budget.hpp"

#include "support/task_runner.hpp"

namespace hdfsmount {
namespace {

using namespace std::chrono_literals;
using testing::in;
using testing::task_runner;

TEST(budget, gives_and_takes_back) {
  async::budget memory(10);
  auto first = memory.try_take(6);
  EXPECT_TRUE(first);
  EXPECT_FALSE(memory.try_take(5));
  EXPECT_EQ(memory.in_use(), 6U);
  {
    auto second = memory.try_take(4);
    EXPECT_TRUE(second);
    EXPECT_EQ(memory.in_use(), 10U);
  }
  first.release();
  first.release();
  EXPECT_EQ(memory.in_use(), 0U);
}

TEST(budget, moved_shares_count_once) {
  async::budget memory(10);
  auto first = memory.try_take(3);
  auto second = std::move(first);
  EXPECT_EQ(memory.in_use(), 3U);
  second = memory.try_take(5);
  EXPECT_EQ(memory.in_use(), 5U);
}

TEST(budget, never_waits_for_more_than_there_is) {
  task_runner tasks;
  async::budget memory(10);
  EXPECT_EQ(tasks.run(memory.take(11, in(10s))).error().code(), make_error_code(errc::out_of_memory));
}

TEST(budget, waits_until_enough_is_given_back) {
  task_runner tasks;
  async::budget memory(10);
  auto held = memory.try_take(8);
  bool got = false;
  const auto waiter = [](async::budget& it, bool& done) -> async::task<void> {
    auto share = co_await it.take(5, in(10s));
    done = share.has_value();
  };
  tasks.start(waiter(memory, got));
  tasks.context().poll();
  EXPECT_FALSE(got);
  held.release();
  EXPECT_TRUE(tasks.drain());
  EXPECT_TRUE(got);
  EXPECT_EQ(memory.in_use(), 0U);
}

TEST(budget, a_waiter_that_gives_up_takes_nothing) {
  task_runner tasks;
  async::budget memory(10);
  auto held = memory.try_take(8);
  EXPECT_EQ(tasks.run(memory.take(5, in(5ms))).error().code(), make_error_code(errc::timed_out));
  held.release();
  EXPECT_EQ(memory.in_use(), 0U);
}

}  // namespace
}  // namespace hdfsmount
