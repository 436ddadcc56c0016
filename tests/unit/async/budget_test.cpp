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

TEST(budget, serves_in_order_of_arrival) {
  task_runner tasks;
  async::budget memory(10);
  auto held = memory.try_take(10);
  std::vector<std::size_t> served;
  std::vector<async::budget::share> shares;
  const auto waiter = [](async::budget& it, std::size_t amount, auto& log, auto& kept) -> async::task<void> {
    auto share = co_await it.take(amount, in(10s));
    log.push_back(amount);
    if (share) kept.push_back(std::move(*share));
  };
  tasks.start(waiter(memory, 8, served, shares));
  tasks.start(waiter(memory, 1, served, shares));
  tasks.context().poll();
  held = async::budget::share();
  EXPECT_FALSE(memory.try_take(2)) << "overtook one that waits";
  EXPECT_TRUE(tasks.drain());
  EXPECT_EQ(served, (std::vector<std::size_t>{8, 1}));
  EXPECT_EQ(memory.in_use(), 9U);
}

TEST(budget, one_who_gives_up_lets_those_behind_through) {
  task_runner tasks;
  async::budget memory(10);
  auto held = memory.try_take(5);
  bool got = false;
  const auto waiter = [](async::budget& it, std::size_t amount, milliseconds patience,
                         bool& done) -> async::task<void> {
    auto share = co_await it.take(amount, in(patience));
    done = share.has_value();
  };
  bool large = false;
  tasks.start(waiter(memory, 8, 20ms, large));
  tasks.start(waiter(memory, 2, 10s, got));
  EXPECT_TRUE(tasks.drain());
  EXPECT_FALSE(large);
  EXPECT_TRUE(got);
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
