#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"

namespace hdfsmount {

/// Keeps a fault that strikes a thousand requests from writing a thousand lines: lets so many lines of a kind through
/// per interval and counts those it holds back. Thread-safe.
class line_limiter {
 public:
  line_limiter(const clock_source& time, std::size_t burst, milliseconds interval)
      : time_(time), burst_(burst), interval_(interval) {}

  /// Nothing: hold the line back. A number: write it, and that so many of its kind were held back before it.
  std::optional<std::uint64_t> admit(const std::string& kind) {
    const auto now = time_.now();
    const std::lock_guard lock(mutex_);
    if (kinds_.size() >= most_kinds) kinds_.clear();
    auto [it, added] = kinds_.try_emplace(kind, record{now, 0, 0});
    auto& seen = it->second;
    if (now >= seen.began + interval_) seen = {now, 0, seen.held_back};
    if (seen.written == burst_) {
      ++seen.held_back;
      return std::nullopt;
    }
    ++seen.written;
    return std::exchange(seen.held_back, 0);
  }

 private:
  static constexpr std::size_t most_kinds = 4096;
  struct record {
    steady_time began;
    std::size_t written;
    std::uint64_t held_back;
  };

  const clock_source& time_;
  const std::size_t burst_;
  const milliseconds interval_;
  std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::unordered_map<std::string, record> kinds_;
};

/// What a line says of those held back before it; empty when there were none.
inline std::string more_like_it(const std::optional<std::uint64_t>& held_back) {
  return held_back.value_or(0) == 0 ? "" : "; " + std::to_string(*held_back) + " lines like it were held back";
}

}  // namespace hdfsmount
