#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "cli/background.hpp"
#include "cli/mount_daemon.hpp"
#include "cli/mount_point.hpp"
#include "cli/signals.hpp"
#include "cli/startup_error.hpp"
#include "cli/version.hpp"
#include "config/config_error.hpp"
#include "config/settings.hpp"
#include "control/service_manager.hpp"
#include "control/socket_path.hpp"
#include "fuse/session.hpp"

namespace hdfsmount::cli {
namespace {

constexpr milliseconds log_patience{2'000};

/// What is decided before there is a daemon.
struct plan {
  config::command_line line;
  config::settings settings;
  std::string mount_point;
  std::string control_directory;
  std::string notify_socket;  ///< of the service manager; empty without one
};

plan make_plan(config::command_line line) {
  const auto environment = config::environment::of_process();
  plan out;
  out.settings = config::load_settings(line, environment);
  out.mount_point = check_mount_point(line.mountpoint);
  out.control_directory =
      control::runtime_directory(::geteuid(), environment.variable("XDG_RUNTIME_DIR").value_or(std::string()));
  if (line.foreground) out.notify_socket = environment.variable("NOTIFY_SOCKET").value_or(std::string());
  out.line = std::move(line);
  fuse::check_fuse_device();
  return out;
}

logger open_log(const plan& what) {
  const auto& path = what.settings.options.log_file;
  if (!path.empty()) return logger::to_file(path, what.settings.level);
  if (what.line.foreground) return logger::to_stderr(what.settings.level);
  return logger::to_syslog("hdfsmount", what.settings.level);
}

/// Warnings go to the log, and to the terminal of whoever starts a daemon whose log is elsewhere.
void warn(const plan& what, logger& log) {
  const bool also_here = !what.line.foreground || !what.settings.options.log_file.empty();
  for (const auto& line : what.settings.warnings) {
    log.warning("{}", line);
    if (also_here) fmt::print(stderr, "hdfsmount: warning: {}\n", printable(line));
  }
}

/// Mounts and serves until the end. Throws with nothing mounted when the mount never answered.
int serve(const plan& what, std::optional<outcome_pipe>& waiting, logger& log) {
  warn(what, log);
  mount_daemon daemon(what.settings, what.mount_point, what.control_directory, log);
  const signal_thread signals(what.line.foreground, [&] { daemon.stop(); });
  daemon.start();
  const auto ready = [&] {
    if (waiting && !waiting->report_ready()) return false;
    const auto state = fmt::format("READY=1\nSTATUS=mounted {} on {}", what.settings.source.uri, what.mount_point);
    if (!control::notify_service_manager(what.notify_socket, state))
      log.warning("NOTIFY_SOCKET does not take messages");
    return true;
  };
  const auto ended = daemon.serve(ready);
  control::notify_service_manager(what.notify_socket, "STOPPING=1");
  if (ended) {
    log.info("unmounted {}", what.mount_point);
    return exit_ok;
  }
  log.error("{} ended: {}", what.mount_point, ended.error().to_string());
  return exit_mount_failed;
}

bool takes_more(int fd) {
  pollfd probe{fd, POLLOUT, 0};
  return ::poll(&probe, 1, 0) == 1 && (probe.revents & POLLOUT) != 0;
}

/// Where the one line about a failure goes: to whoever waits for the daemon, else to standard error, below what the
/// log says there; a pipe there that nobody reads takes no more.
int fail(std::optional<outcome_pipe>& waiting, std::optional<logger>& log, int exit_code, const std::string& line) {
  if (waiting) {
    waiting->report_failure(exit_code, line);
  } else if (!log || log->flush(log_patience) || takes_more(STDERR_FILENO)) {
    fmt::print(stderr, "{}\n", line);
  }
  return exit_code;
}

/// `log` is opened as soon as it is known where, after the fork.
int run(const std::vector<std::string>& arguments, std::optional<logger>& log) {
  const auto& path = arguments.front();
  const auto program = path.substr(path.rfind('/') + 1);
  std::optional<outcome_pipe> waiting;
  try {
    auto line = config::parse_command_line(arguments);
    if (line.what == config::command::show_help) {
      fmt::print("{}", config::help_text());
      return exit_ok;
    }
    if (line.what == config::command::show_version) {
      fmt::print("hdfsmount {}\n", version());
      return exit_ok;
    }
    const auto what = make_plan(std::move(line));
    if (what.line.fake) return exit_ok;
    if (!what.line.foreground) waiting.emplace(continue_in_background());
    block_signals(what.line.foreground);
    log.emplace(open_log(what));
    return serve(what, waiting, *log);
  } catch (const config::config_error& problem) {
    return fail(waiting, log, exit_usage, fmt::format("{}: {}", program, problem.what()));
  } catch (const std::exception& problem) {
    return fail(waiting, log, exit_mount_failed, fmt::format("{}: {}", program, problem.what()));
  }
}

/// Nothing that the log still holds back may hold the process: exit() could wait for a thread that hangs in a write.
int run(const std::vector<std::string>& arguments) {
  std::optional<logger> log;
  const int code = run(arguments, log);
  if (log && !log->flush(log_patience)) ::_exit(code);
  return code;
}

/// Every read in flight may need a connection; the usual soft limit of 1,024 is for programs that use select(2).
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace hdfsmount::cli

int main(int count, char** words) {
  // Few threads allocate much: more arenas would only keep more memory that nobody uses.
  ::mallopt(M_ARENA_MAX, 2);
  hdfsmount::cli::raise_descriptor_limit();
  return hdfsmount::cli::run(std::vector<std::string>(words, words + count));
}
