#pragma once

#include <string>

namespace hdfsmount::cli {

/// The daemon's end of the pipe on which the process that the user started waits for the outcome.
class outcome_pipe {
 public:
  explicit outcome_pipe(int fd) : fd_(fd) {}
  ~outcome_pipe();
  outcome_pipe(outcome_pipe&& other) noexcept;
  outcome_pipe& operator=(outcome_pipe&&) = delete;

  /// Leaves the terminal (working directory /, standard streams to /dev/null) and lets the waiting process end with 0.
  /// False when nobody waits any more: the user gave up, and the mount must go.
  bool report_ready();
  /// Lets it print the line and end with `exit_code`, which is not 0.
  void report_failure(int exit_code, const std::string& line);

 private:
  int fd_;
};

/// Splits off the daemon. Returns in the daemon only, a session leader without a controlling terminal; the original
/// process waits for the outcome, prints the line of a failure and exits. Call before any thread is started. Throws
/// startup_error.
outcome_pipe continue_in_background();

}  // namespace hdfsmount::cli
