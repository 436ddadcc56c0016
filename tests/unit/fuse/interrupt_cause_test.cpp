#include "fuse/interrupt_cause.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hdfsmount::fuse {
namespace {

TEST(interrupt_cause, reads_the_threads_and_the_process_signals) {
  EXPECT_EQ(
      pending_signals("Name:\tx\nSigPnd:\t0000000000000001\nShdPnd:\t0000000000010000\nSigBlk:\t0000000000000004\n"),
      0x10001U);
  EXPECT_EQ(pending_signals("Name:\tSigPnd:\t\nSigQ:\t1/2\n"), std::nullopt);
  EXPECT_EQ(pending_signals("\nSigPnd:\tx\nShdPnd:\t0\n"), std::nullopt);
  EXPECT_EQ(pending_signals(""), std::nullopt);
}

TEST(interrupt_cause, a_thread_without_signals_goes_on_and_an_unknown_one_stops) {
  EXPECT_FALSE(is_meant_to_stop(::gettid()));
  EXPECT_TRUE(is_meant_to_stop(0));
  const auto child = ::fork();
  if (child == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(is_meant_to_stop(child));
}

TEST(interrupt_cause, signals_to_stop_and_others) {
  const std::pair<int, bool> cases[] = {{SIGINT, true},    {SIGTERM, true},  {SIGHUP, true},  {SIGQUIT, true},
                                        {SIGALRM, true},   {SIGCHLD, false}, {SIGURG, false}, {SIGPROF, false},
                                        {SIGWINCH, false}, {SIGUSR1, false}};
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  for (const auto& [signal, stops] : cases) {
    ASSERT_EQ(::raise(signal), 0);
    EXPECT_EQ(is_meant_to_stop(::gettid()), stops) << signal;
    const timespec at_once{};
    sigset_t one;
    ::sigemptyset(&one);
    ::sigaddset(&one, signal);
    ASSERT_EQ(::sigtimedwait(&one, nullptr, &at_once), signal);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace hdfsmount::fuse
