#include "cli/signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <future>

namespace hdfsmount::cli {
namespace {

TEST(signals, each_is_taken_on_the_thread_and_sigpipe_kills_nobody) {
  block_signals(true);
  std::promise<void> first;
  std::atomic<int> taken{0};
  {
    const signal_thread watching(true, [&] {
      if (++taken == 1) first.set_value();
    });
    EXPECT_EQ(::raise(SIGPIPE), 0);
    ::kill(::getpid(), SIGTERM);
    ASSERT_EQ(first.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  }
  EXPECT_EQ(taken, 1) << "the end of the thread is no signal";
}

TEST(signals, one_that_came_before_the_thread_is_not_lost) {
  block_signals(true);
  ::kill(::getpid(), SIGINT);
  std::promise<void> taken;
  const signal_thread watching(true, [&] { taken.set_value(); });
  EXPECT_EQ(taken.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(signals, a_hang_up_ends_a_program_in_the_foreground_only) {
  block_signals(true);
  std::promise<void> taken;
  {
    const signal_thread watching(true, [&] { taken.set_value(); });
    ::kill(::getpid(), SIGHUP);
    EXPECT_EQ(taken.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  }
  block_signals(false);
  struct sigaction now {};
  ::sigaction(SIGHUP, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_IGN);
}

}  // namespace
}  // namespace hdfsmount::cli
