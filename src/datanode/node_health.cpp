#include "datanode/node_health.hpp"

#include <algorithm>

namespace hdfsmount::datanode {

void node_health::failed(const std::string& uuid) {
  const auto now = time_.now();
  const std::lock_guard lock(mutex_);
  auto [it, added] = bad_.try_emplace(uuid, record{now + first_, first_});
  auto& node = it->second;
  if (added || (node.until > now && !node.probed)) return;  // failures while it is avoided are the same outage
  node.penalty = std::min(node.penalty * 2, longest_);
  node.until = now + node.penalty;
  node.probed = false;
}

void node_health::succeeded(const std::string& uuid) {
  const std::lock_guard lock(mutex_);
  bad_.erase(uuid);
}

bool node_health::admit(const std::string& uuid) {
  const auto now = time_.now();
  const std::lock_guard lock(mutex_);
  const auto found = bad_.find(uuid);
  if (found == bad_.end()) return true;
  if (found->second.until > now) return false;
  found->second.until = now + longest_probe_;
  found->second.probed = true;
  return true;
}

std::size_t node_health::avoided() const {
  const std::lock_guard lock(mutex_);
  const auto now = time_.now();
  return static_cast<std::size_t>(
      std::count_if(bad_.begin(), bad_.end(), [now](const auto& entry) { return entry.second.until > now; }));
}

bool blames_node(const error& failure) {
  const auto& code = failure.code();
  return code == errc::timed_out || code == errc::connection_lost || code == errc::connect_failed ||
         code == errc::unknown_host || code == errc::protocol_error;
}

}  // namespace hdfsmount::datanode
