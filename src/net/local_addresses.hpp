#pragma once

#include <mutex>
#include <set>
#include <string>

#include "base/clock.hpp"

namespace hdfsmount::net {

/// The addresses of this machine's network interfaces, looked at again every half a minute. Thread-safe.
class local_addresses {
 public:
  explicit local_addresses(const clock_source& clock) : clock_(clock) {}

  /// Whether `address`, an IPv4 or IPv6 literal, is one of this machine's. False for names.
  bool contains(const std::string& address);

 private:
  const clock_source& clock_;
  std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::set<std::string> known_;
  steady_time read_at_{};
};

}  // namespace hdfsmount::net
