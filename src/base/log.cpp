#include "base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>

#include <array>
#include <utility>

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

std::shared_ptr<spdlog::logger> make_sink(std::shared_ptr<spdlog::sinks::sink> sink) {
  auto out = std::make_shared<spdlog::logger>("hdfsmount", std::move(sink));
  out->set_level(spdlog::level::trace);
  out->flush_on(spdlog::level::trace);
  return out;
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

logger::logger(std::shared_ptr<spdlog::logger> sink, log_level level) : sink_(std::move(sink)), level_(level) {}
logger::logger(logger&& other) noexcept : sink_(std::move(other.sink_)), level_(other.level_.load()) {}
logger::~logger() = default;

logger logger::to_stderr(log_level level) {
  auto sink = make_sink(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l hdfsmount: %v");
  return {std::move(sink), level};
}

logger logger::to_syslog(const std::string& ident, log_level level) {
  return {make_sink(std::make_shared<spdlog::sinks::syslog_sink_mt>(ident, LOG_PID, LOG_DAEMON, false)), level};
}

logger logger::to_file(const std::string& path, log_level level) {
  auto sink = make_sink(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
  sink->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l hdfsmount: %v");
  return {std::move(sink), level};
}

void logger::write(log_level level, std::string_view line) {
  sink_->log(to_spdlog(level), "{}", line);
}

}  // namespace hdfsmount
