#include "datanode/node_health.hpp"

#include <algorithm>

namespace hdfsmount::datanode {

void node_health::failed(const std::string& uuid) {
  const auto now = time_.now();
  const std::lock_guard lock(mutex_);
  auto [it, added] = bad_.try_emplace(uuid, record{now + first_, first_});
  if (added || it->second.until > now) return;  // failures while it is avoided are the same outage
  it->second.penalty = std::min(it->second.penalty * 2, longest_);
  it->second.until = now + it->second.penalty;
}

void node_health::succeeded(const std::string& uuid) {
  const std::lock_guard lock(mutex_);
  bad_.erase(uuid);
}

bool node_health::avoid(const std::string& uuid) const {
  const std::lock_guard lock(mutex_);
  const auto found = bad_.find(uuid);
  return found != bad_.end() && found->second.until > time_.now();
}

std::size_t node_health::avoided() const {
  const std::lock_guard lock(mutex_);
  const auto now = time_.now();
  return static_cast<std::size_t>(
      std::count_if(bad_.begin(), bad_.end(), [now](const auto& entry) { return entry.second.until > now; }));
}

}  // namespace hdfsmount::datanode
