#include "fuse/interrupt_cause.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>

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

TEST(interrupt_cause, knows_system_calls_that_read) {
  for (const long number : {SYS_read, SYS_pread64, SYS_sendfile})
    EXPECT_TRUE(is_reading(std::to_string(number) + " 0x3 0x7f17 0x20000")) << number;
  for (const std::string text : {"-1 0x7fff 0x7f17", "running\n", "", "60000 0x3"})
    EXPECT_FALSE(is_reading(text)) << text;
  EXPECT_FALSE(is_reading(std::to_string(SYS_write) + " 0x1 0x7f17 0x10"));
}

/// A thread that reads from an empty pipe, and its process's SIGINT.
class reading_child {
 public:
  /// `blocked`: the child does not take the signal.
  explicit reading_child(bool blocked) {
    if (::pipe(ends_) != 0) std::abort();
    child_ = ::fork();
    if (child_ != 0) return;
    sigset_t interrupt;
    ::sigemptyset(&interrupt);
    ::sigaddset(&interrupt, SIGINT);
    if (blocked) ::sigprocmask(SIG_BLOCK, &interrupt, nullptr);
    char byte = 0;
    ::_exit(::read(ends_[0], &byte, 1) == 1 ? 0 : 1);
  }
  ~reading_child() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  pid_t pid() const { return child_; }

 private:
  int ends_[2];
  pid_t child_;
};

TEST(interrupt_cause, a_signal_that_a_reader_blocks_stops_nothing) {
  const reading_child child(true);
  EXPECT_FALSE(waits_in_vain(child.pid()));
  ::usleep(100'000);
  ASSERT_EQ(::kill(child.pid(), SIGINT), 0);
  EXPECT_FALSE(waits_in_vain(child.pid()));
}

TEST(interrupt_cause, a_stopped_reader_with_a_signal_waits_in_vain_and_so_does_one_that_is_gone) {
  std::optional<reading_child> child(false);
  ::usleep(100'000);
  // A stopped process takes no other signal, as one that waits for a page does not.
  ASSERT_EQ(::kill(child->pid(), SIGSTOP), 0);
  ASSERT_EQ(::waitpid(child->pid(), nullptr, WUNTRACED), child->pid());
  EXPECT_FALSE(waits_in_vain(child->pid()));
  ASSERT_EQ(::kill(child->pid(), SIGINT), 0);
  EXPECT_TRUE(waits_in_vain(child->pid()));
  const auto gone = child->pid();
  child.reset();
  EXPECT_TRUE(waits_in_vain(gone));
}

}  // namespace
}  // namespace hdfsmount::fuse
