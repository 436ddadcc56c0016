#include "cli/background.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "cli/startup_error.hpp"

namespace hdfsmount::cli {
namespace {

/// What whoever started the program sees: exit code and standard error.
struct seen {
  int exit_code = -1;
  std::string error;
};

/// Runs continue_in_background() in a child process, `daemon` in what it splits off.
seen start(const std::function<void(outcome_pipe&)>& daemon) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const auto child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    auto waiting = continue_in_background();
    daemon(waiting);
    ::_exit(0);
  }
  ::close(ends[1]);
  seen out;
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status)) out.exit_code = WEXITSTATUS(status);
  char chunk[8192];
  for (ssize_t count = 0; (count = ::read(ends[0], chunk, sizeof chunk)) > 0;)
    out.error.append(chunk, static_cast<std::size_t>(count));
  ::close(ends[0]);
  return out;
}

TEST(background, a_ready_daemon_lets_its_parent_end_with_0_and_leaves_the_terminal) {
  // That reading the pipe ends shows that the daemon holds no copy of standard error.
  const auto outcome = start([](outcome_pipe& waiting) {
    const bool taken = waiting.report_ready();
    ::_exit(taken ? 0 : 1);
  });
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.error, "");
}

TEST(background, the_daemon_leads_a_session_in_the_root_directory) {
  int facts[2];
  ASSERT_EQ(::pipe(facts), 0);
  start([&](outcome_pipe& waiting) {
    waiting.report_ready();
    char directory[8] = {};
    const char answer = ::getsid(0) == ::getpid() && ::getcwd(directory, sizeof directory) != nullptr &&
                                std::string(directory) == "/" && !::isatty(STDIN_FILENO)
                            ? 'y'
                            : 'n';
    [[maybe_unused]] const auto written = ::write(facts[1], &answer, 1);
  });
  char answer = 0;
  ASSERT_EQ(::read(facts[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ::close(facts[0]);
  ::close(facts[1]);
}

TEST(background, a_failure_is_told_by_the_parent_in_one_line) {
  const auto outcome = start([](outcome_pipe& waiting) { waiting.report_failure(exit_mount_failed, "no such host"); });
  EXPECT_EQ(outcome.exit_code, exit_mount_failed);
  EXPECT_EQ(outcome.error, "no such host\n");
}

TEST(background, a_long_line_is_cut_and_not_lost) {
  const auto outcome =
      start([](outcome_pipe& waiting) { waiting.report_failure(exit_usage, std::string(100'000, 'x')); });
  EXPECT_EQ(outcome.exit_code, exit_usage);
  EXPECT_EQ(outcome.error.size(), 4096U);
}

TEST(background, a_daemon_that_dies_is_a_failure) {
  const auto outcome = start([](outcome_pipe&) { ::raise(SIGKILL); });
  EXPECT_EQ(outcome.exit_code, exit_mount_failed);
  EXPECT_NE(outcome.error.find("ended while starting"), std::string::npos);
}

TEST(background, nobody_waits_any_more) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  const auto child = ::fork();
  if (child == 0) {
    ::signal(SIGPIPE, SIG_IGN);
    outcome_pipe waiting(ends[1]);
    ::_exit(waiting.report_ready() ? 1 : 0);
  }
  ::close(ends[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "report_ready() must say that the user gave up";
}

}  // namespace
}  // namespace hdfsmount::cli
