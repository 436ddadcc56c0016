#include "cli/background.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "cli/startup_error.hpp"

namespace hdfsmount::cli {
namespace {

constexpr int longest_line = 4096;  // PIPE_BUF: the outcome is written in one piece

/// The outcome is one byte, the exit code, and then the line of a failure.
[[noreturn]] void wait_for_outcome(int fd) {
  std::string said;
  std::array<char, 512> chunk;
  for (;;) {
    const auto count = ::read(fd, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    said.append(chunk.data(), static_cast<std::size_t>(count));
    if (said.front() == exit_ok) ::_exit(exit_ok);
  }
  if (said.empty()) {
    fmt::print(stderr, "hdfsmount: the daemon ended while starting, nothing is mounted; see the system log\n");
    ::_exit(exit_mount_failed);
  }
  fmt::print(stderr, "{}\n", said.substr(1));
  ::_exit(said.front());
}

void leave_terminal() {
  if (::chdir("/") != 0) return;  // cannot fail for "/"
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nowhere < 0) return;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, stream);
  if (nowhere > STDERR_FILENO) ::close(nowhere);
}

}  // namespace

outcome_pipe::~outcome_pipe() {
  if (fd_ >= 0) ::close(fd_);
}

outcome_pipe::outcome_pipe(outcome_pipe&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

bool outcome_pipe::report_ready() {
  leave_terminal();
  const char code = exit_ok;
  const bool taken = ::write(fd_, &code, 1) == 1;
  ::close(std::exchange(fd_, -1));
  return taken;
}

void outcome_pipe::report_failure(int exit_code, const std::string& line) {
  const auto text = static_cast<char>(exit_code) + line.substr(0, longest_line - 1);
  if (::write(fd_, text.data(), text.size()) < 0) fmt::print(stderr, "{}\n", line);
  ::close(std::exchange(fd_, -1));
}

outcome_pipe continue_in_background() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw startup_error(fmt::format("pipe: {}", std::strerror(errno)));
  const auto child = ::fork();
  if (child < 0) throw startup_error(fmt::format("fork: {}", std::strerror(errno)));
  if (child > 0) {
    ::close(ends[1]);
    wait_for_outcome(ends[0]);
  }
  ::close(ends[0]);
  ::setsid();
  return outcome_pipe(ends[1]);
}

}  // namespace hdfsmount::cli
