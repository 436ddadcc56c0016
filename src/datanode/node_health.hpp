#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace hdfsmount::datanode {

/// Which DataNodes failed lately, shared by every stream of a mount, so that a dead one costs one reader one time-out
/// and not every reader. A failed node is tried last until its penalty, which doubles with each failure in a row, has
/// passed; then one read probes it while all others still avoid it. Thread-safe.
class node_health {
 public:
  /// `longest_probe`: a probe whose outcome nobody has told by then is repeated.
  node_health(const clock_source& time, milliseconds first_penalty, milliseconds longest_penalty,
              milliseconds longest_probe)
      : time_(time), first_(first_penalty), longest_(longest_penalty), longest_probe_(longest_probe) {}

  void failed(const std::string& uuid);
  void succeeded(const std::string& uuid);
  /// Whether to try this node's replica now instead of another one's. True for a node that failed makes the caller its
  /// probe: it is to try and tell failed() or succeeded().
  bool admit(const std::string& uuid);
  std::size_t avoided() const;

 private:
  struct record {
    steady_time until;
    milliseconds penalty;
    bool probed = false;  // somebody tries it; `until` is when that is over at the latest
  };
  const clock_source& time_;
  const milliseconds first_;
  const milliseconds longest_;
  const milliseconds longest_probe_;
  mutable std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::unordered_map<std::string, record> bad_;
};

/// Whether a failure says something about the whole DataNode and not only about one replica.
bool blames_node(const error& failure);

}  // namespace hdfsmount::datanode
