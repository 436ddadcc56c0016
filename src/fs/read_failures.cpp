#include "fs/read_failures.hpp"

#include <algorithm>

namespace hdfsmount::fs {

void read_failures::add(inode_id node, std::uint64_t offset, std::size_t size, error why, steady_time now) {
  const std::lock_guard lock(mutex_);
  if (failures_.size() == most) failures_.pop_front();
  failures_.push_back({node, offset, offset + size, std::move(why), now + kept});
}

std::optional<error> read_failures::find(inode_id node, std::uint64_t offset, steady_time now) {
  const std::lock_guard lock(mutex_);
  while (!failures_.empty() && failures_.front().until <= now) failures_.pop_front();
  const auto found = std::find_if(failures_.begin(), failures_.end(), [&](const failure& it) {
    return it.node == node && it.begin <= offset && offset < it.end;
  });
  return found == failures_.end() ? std::nullopt : std::optional(found->why);
}

}  // namespace hdfsmount::fs
