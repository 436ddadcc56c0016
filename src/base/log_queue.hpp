#pragma once

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>

#include <atomic>
#include <memory>
#include <string_view>

#include "base/clock.hpp"

namespace hdfsmount {

/// Log lines on their way to a sink that may block: one thread writes them. When it falls behind by more than the queue
/// holds, the oldest lines are dropped, and a line in their place says how many. Thread-safe.
class log_queue {
 public:
  explicit log_queue(std::shared_ptr<spdlog::sinks::sink> target);
  /// Leaves a thread that hangs in the sink behind.
  ~log_queue();
  log_queue(const log_queue&) = delete;
  log_queue& operator=(const log_queue&) = delete;

  void push(spdlog::level::level_enum level, std::string_view line);
  /// Waits until all lines pushed before are with the sink; false when that took longer than `patience`.
  bool flush(milliseconds patience);
  std::size_t dropped() const;

 private:
  class writer;

  std::atomic<std::size_t> pushed_{0};
  std::shared_ptr<spdlog::details::thread_pool> thread_;
  std::shared_ptr<writer> writer_;
  std::shared_ptr<spdlog::async_logger> front_;
};

}  // namespace hdfsmount
