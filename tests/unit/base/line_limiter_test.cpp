#include "base/line_limiter.hpp"

#include <gtest/gtest.h>

namespace hdfsmount {
namespace {

class set_clock final : public clock_source {
 public:
  steady_time now() const noexcept override { return now_; }
  void advance(milliseconds by) { now_ += by; }

 private:
  steady_time now_ = std::chrono::steady_clock::now();
};

TEST(LineLimiter, HoldsBackWhatComesTooOftenAndSaysHowMuch) {
  set_clock clock;
  line_limiter lines(clock, 2, seconds(10));
  EXPECT_EQ(lines.admit("a"), 0U);
  EXPECT_EQ(lines.admit("a"), 0U);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(lines.admit("a"), std::nullopt);
  EXPECT_EQ(lines.admit("b"), 0U) << "another kind";
  clock.advance(seconds(10));
  EXPECT_EQ(lines.admit("a"), 7U);
  EXPECT_EQ(lines.admit("a"), 0U);
  EXPECT_EQ(lines.admit("a"), std::nullopt);
}

}  // namespace
}  // namespace hdfsmount
