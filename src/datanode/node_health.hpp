#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"

namespace hdfsmount::datanode {

/// Which DataNodes failed lately, shared by every stream of a mount, so that a dead one costs one reader one time-out
/// and not every reader. A failed node is tried last until its penalty, which doubles with each failure in a row, has
/// passed; then the next read probes it. Thread-safe.
class node_health {
 public:
  node_health(const clock_source& time, milliseconds first_penalty, milliseconds longest_penalty)
      : time_(time), first_(first_penalty), longest_(longest_penalty) {}

  void failed(const std::string& uuid);
  void succeeded(const std::string& uuid);
  /// Whether to try other replicas before this node's.
  bool avoid(const std::string& uuid) const;
  std::size_t avoided() const;

 private:
  struct record {
    steady_time until;
    milliseconds penalty;
  };
  const clock_source& time_;
  const milliseconds first_;
  const milliseconds longest_;
  mutable std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::unordered_map<std::string, record> bad_;
};

}  // namespace hdfsmount::datanode
