#pragma once

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace hdfsmount {

class log_queue;

enum class log_level { trace, debug, info, warning, error, off };

/// "trace", "debug", "info", "warning" (or "warn"), "error", "off"; nothing for any other word.
std::optional<log_level> parse_log_level(std::string_view word);
std::string_view to_string(log_level level);

/// Where the daemon writes its log lines. Who logs never waits for the disk, pipe or log daemon behind it: one thread
/// writes, and lines are dropped, and counted, when it falls far behind. Thread-safe; owned by main and passed down by
/// reference, never global. Starts a thread: make it after fork(), with the signals blocked that others take.
class logger {
 public:
  /// Lines go to standard error (a terminal, or the journal under systemd).
  static logger to_stderr(log_level level);
  /// Lines go to syslog under `ident`, for a daemon without a standard error.
  static logger to_syslog(const std::string& ident, log_level level);
  /// Lines are appended to `path`; throws std::runtime_error when it cannot be opened.
  static logger to_file(const std::string& path, log_level level);

  logger(logger&&) noexcept;
  logger& operator=(logger&&) = delete;
  ~logger();

  bool enabled(log_level level) const noexcept { return level >= level_.load(std::memory_order_relaxed); }
  log_level level() const noexcept { return level_.load(std::memory_order_relaxed); }
  void set_level(log_level level) noexcept { level_.store(level, std::memory_order_relaxed); }

  void write(log_level level, std::string_view line);
  /// Waits until the lines so far are written; false when that took longer than `patience`.
  bool flush(milliseconds patience);
  /// How many lines were dropped so far.
  std::size_t dropped() const;

  template <class... Args>
  void log(log_level level, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    log(log_level::debug, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    log(log_level::info, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    log(log_level::warning, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    log(log_level::error, format, std::forward<Args>(args)...);
  }

 private:
  logger(std::unique_ptr<log_queue> queue, log_level level);

  std::unique_ptr<log_queue> queue_;
  std::atomic<log_level> level_;
};

}  // namespace hdfsmount
