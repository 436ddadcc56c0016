#include "fuse/captured_stderr.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace hdfsmount::fuse {
namespace {

TEST(captured_stderr, keeps_the_helpers_reason_and_lets_the_rest_through) {
  testing::internal::CaptureStderr();
  {
    captured_stderr helper;
    std::fputs("a log line\nfusermount3: user has no write access to mountpoint /x\n", stderr);
    EXPECT_EQ(helper.finish(), "user has no write access to mountpoint /x");
    std::fputs("after\n", stderr);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "a log line\nafter\n");
}

TEST(captured_stderr, is_undone_when_nobody_asks) {
  testing::internal::CaptureStderr();
  { captured_stderr helper; }
  std::fputs("back\n", stderr);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "back\n");
}

}  // namespace
}  // namespace hdfsmount::fuse
