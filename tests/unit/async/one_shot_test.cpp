#include "async/one_shot.hpp"

#include "support/task_runner.hpp"

namespace hdfsmount {
namespace {

using namespace std::chrono_literals;
using testing::in;
using testing::task_runner;

TEST(one_shot, gives_the_first_value_to_everybody) {
  task_runner tasks;
  async::one_shot<int> value;
  int sum = 0;
  const auto waiter = [](async::one_shot<int>& it, int& total) -> async::task<void> {
    total += (co_await it.wait(in(10s))).value();
  };
  tasks.start(waiter(value, sum));
  tasks.start(waiter(value, sum));
  tasks.context().poll();
  EXPECT_FALSE(value.ready());
  EXPECT_TRUE(value.set(7));
  EXPECT_FALSE(value.set(8));
  EXPECT_TRUE(tasks.drain());
  EXPECT_EQ(sum, 14);
  EXPECT_EQ(tasks.run(value.wait(in(0ms))).value(), 7) << "also when it is late";
}

TEST(one_shot, carries_false_as_false) {
  task_runner tasks;
  async::one_shot<bool> early, late;
  early.set(false);
  EXPECT_FALSE(tasks.run(early.wait(in(1s))).value());
  std::optional<result<bool>> got;
  const auto wait = [&]() -> async::task<void> { got = co_await late.wait(in(1s)); };
  tasks.start(wait());
  tasks.context().poll();
  late.set(false);
  EXPECT_TRUE(tasks.drain());
  EXPECT_FALSE(got.value().value());
}

TEST(one_shot, carries_errors) {
  task_runner tasks;
  async::one_shot<int> value;
  value.set(error(errc::connection_lost, "gone"));
  EXPECT_EQ(tasks.run(value.wait(in(1s))).error().detail(), "gone");
}

TEST(one_shot, ends_at_the_deadline) {
  task_runner tasks;
  async::one_shot<int> value;
  EXPECT_EQ(tasks.run(value.wait(in(5ms))).error().code(), make_error_code(errc::timed_out));
}

}  // namespace
}  // namespace hdfsmount
