#include "base/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>

#include <array>
#include <utility>

#include "base/log_queue.hpp"

namespace hdfsmount {
namespace {

constexpr std::array<std::pair<std::string_view, log_level>, 7> level_words{{{"trace", log_level::trace},
                                                                             {"debug", log_level::debug},
                                                                             {"info", log_level::info},
                                                                             {"warning", log_level::warning},
                                                                             {"warn", log_level::warning},
                                                                             {"error", log_level::error},
                                                                             {"off", log_level::off}}};

spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
    case log_level::trace:
      return spdlog::level::trace;
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
    case log_level::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

/// For sinks that write the time themselves.
template <class Sink>
std::unique_ptr<log_queue> with_time(std::shared_ptr<Sink> sink) {
  sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l hdfsmount: %v");
  return std::make_unique<log_queue>(std::move(sink));
}

}  // namespace

std::optional<log_level> parse_log_level(std::string_view word) {
  for (const auto& [name, level] : level_words)
    if (name == word) return level;
  return std::nullopt;
}

std::string_view to_string(log_level level) {
  for (const auto& [name, candidate] : level_words)
    if (candidate == level) return name;
  return "off";
}

logger::logger(std::unique_ptr<log_queue> queue, log_level level) : queue_(std::move(queue)), level_(level) {}
logger::logger(logger&& other) noexcept : queue_(std::move(other.queue_)), level_(other.level_.load()) {}
logger::~logger() = default;

logger logger::to_stderr(log_level level) {
  return {with_time(std::make_shared<spdlog::sinks::stderr_sink_mt>()), level};
}

logger logger::to_syslog(const std::string& ident, log_level level) {
  auto sink = std::make_shared<spdlog::sinks::syslog_sink_mt>(ident, LOG_PID, LOG_DAEMON, false);
  return {std::make_unique<log_queue>(std::move(sink)), level};
}

logger logger::to_file(const std::string& path, log_level level) {
  return {with_time(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path)), level};
}

void logger::write(log_level level, std::string_view line) {
  queue_->push(to_spdlog(level), line);
}

bool logger::flush(milliseconds patience) {
  return queue_->flush(patience);
}

std::size_t logger::dropped() const {
  return queue_->dropped();
}

}  // namespace hdfsmount
