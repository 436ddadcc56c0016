#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hdfsmount {

/// One number that many threads add to. Counters only grow; gauges go both ways.
class counter {
 public:
  void add(std::int64_t amount = 1) noexcept { value_.fetch_add(amount, std::memory_order_relaxed); }
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void subtract(std::int64_t amount = 1) noexcept { value_.fetch_sub(amount, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// All numbers of one mount, by name and label ("namenode_calls", "getFileInfo"). Thread-safe; look a counter up once
/// and keep the reference, which lives as long as the registry.
class metrics {
 public:
  struct sample {
    std::string name;
    std::string label;
    std::int64_t value;
  };

  counter& get(std::string_view name, std::string_view label = {}) {
    const std::lock_guard lock(mutex_);
    auto [it, added] = index_.try_emplace({std::string(name), std::string(label)}, nullptr);
    if (added) it->second = &counters_.emplace_back();
    return *it->second;
  }

  /// Every counter in order of name and label.
  std::vector<sample> snapshot() const {
    const std::lock_guard lock(mutex_);
    std::vector<sample> out;
    out.reserve(index_.size());
    for (const auto& [key, value] : index_) out.push_back({key.first, key.second, value->value()});
    return out;
  }

 private:
  mutable std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::map<std::pair<std::string, std::string>, counter*> index_;
  std::deque<counter> counters_;
};

}  // namespace hdfsmount
