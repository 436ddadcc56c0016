#include "fuse/libfuse_log.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <utility>

#include "fuse/libfuse.hpp"

namespace hdfsmount::fuse {
namespace {

/// libfuse's callback has no user data, so its target has to be global.
struct {
  std::mutex mutex;  // taken before the logger's own
  logger* log = nullptr;
  bool capturing = false;
  std::vector<std::string> captured;
} target;

log_level to_level(fuse_log_level level) {
  if (level <= FUSE_LOG_ERR) return log_level::error;
  if (level == FUSE_LOG_WARNING) return log_level::warning;
  return level == FUSE_LOG_DEBUG ? log_level::debug : log_level::info;
}

std::string without_decoration(std::string_view text) {
  if (text.starts_with("fuse: ")) text.remove_prefix(6);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return std::string(text);
}

__attribute__((format(printf, 2, 0))) void receive(fuse_log_level level, const char* format, va_list arguments) {
  std::array<char, 1024> buffer;
  if (std::vsnprintf(buffer.data(), buffer.size(), format, arguments) < 0) return;
  auto line = without_decoration(buffer.data());
  const std::lock_guard lock(target.mutex);
  if (target.capturing) {
    target.captured.push_back(std::move(line));
  } else if (target.log != nullptr) {
    target.log->log(to_level(level), "libfuse: {}", line);
  }
}

}  // namespace

libfuse_log::libfuse_log(logger& log) {
  const std::lock_guard lock(target.mutex);
  target.log = &log;
  fuse_set_log_func(receive);
}

libfuse_log::~libfuse_log() {
  fuse_set_log_func(nullptr);
  const std::lock_guard lock(target.mutex);
  target.log = nullptr;
}

void libfuse_log::begin_capture() {
  const std::lock_guard lock(target.mutex);
  target.capturing = true;
}

std::vector<std::string> libfuse_log::end_capture() {
  const std::lock_guard lock(target.mutex);
  target.capturing = false;
  return std::exchange(target.captured, {});
}

}  // namespace hdfsmount::fuse
