#include "namenode/rate_limiter.hpp"

#include "support/task_runner.hpp"

namespace hdfsmount::namenode {
namespace {

using namespace std::chrono_literals;

TEST(rate_limiter, zero_is_unlimited) {
  rate_limiter rate(0);
  const auto now = testing::in(0ms);
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(rate.reserve(now), now);
}

TEST(rate_limiter, lets_a_seconds_worth_pass_and_spaces_the_rest) {
  rate_limiter rate(100);
  const auto now = testing::in(0ms);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rate.reserve(now), now) << i;
  EXPECT_EQ(rate.reserve(now), now + 10ms);
  EXPECT_EQ(rate.reserve(now), now + 20ms);
  const auto later = now + 10s;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rate.reserve(later), later) << "quiet time is saved, up to a second: " << i;
  EXPECT_EQ(rate.reserve(later), later + 10ms);
}

TEST(rate_limiter, works_below_one_a_second) {
  rate_limiter rate(0.5);
  const auto now = testing::in(0ms);
  EXPECT_EQ(rate.reserve(now), now);
  EXPECT_EQ(rate.reserve(now), now + 2s);
}

TEST(rate_limiter, whoever_cannot_wait_takes_no_slot) {
  testing::task_runner tasks;
  rate_limiter rate(1);
  EXPECT_TRUE(tasks.run(rate.wait(testing::in(1ms))));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(tasks.run(rate.wait(testing::in(1ms))).error().code(), make_error_code(errc::timed_out));
  EXPECT_TRUE(tasks.run(rate.wait(testing::in(3s)))) << "the slots of those who gave up are free";
}

}  // namespace
}  // namespace hdfsmount::namenode
