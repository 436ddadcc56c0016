#include "fs/entry_cache.hpp"

namespace hdfsmount::fs {

void entry_cache::put(inode_id parent, std::string_view name, record_ptr record) {
  const auto received = record->received;
  put(parent, name, std::move(record), received, entry_timeout_);
}

void entry_cache::put_missing(inode_id parent, std::string_view name, steady_time received) {
  put(parent, name, nullptr, received, negative_timeout_);
}

void entry_cache::put(inode_id parent, std::string_view name, record_ptr record, steady_time received,
                      milliseconds timeout) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find({parent, name});
  if (found != index_.end()) {
    items_.splice(items_.end(), items_, found->second);
  } else {
    items_.emplace_back(parent, name);
    index_.emplace(key{parent, items_.back().name}, std::prev(items_.end()));
  }
  items_.back().record = std::move(record);
  items_.back().until = received + timeout;
  while (!items_.empty() && (items_.size() > limit_ || items_.front().until <= received)) {
    index_.erase({items_.front().parent, items_.front().name});
    items_.pop_front();
  }
}

std::optional<entry_cache::answer> entry_cache::find(inode_id parent, std::string_view name, steady_time now) const {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find({parent, name});
  if (found == index_.end() || found->second->until <= now) return std::nullopt;
  answer out;
  out.record = found->second->record;
  out.remaining = std::chrono::duration_cast<milliseconds>(found->second->until - now);
  return out;
}

void entry_cache::erase(inode_id parent, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find({parent, name});
  if (found == index_.end()) return;
  const auto gone = found->second;
  index_.erase(found);
  items_.erase(gone);
}

void entry_cache::clear() {
  const std::lock_guard lock(mutex_);
  index_.clear();
  items_.clear();
}

std::size_t entry_cache::size() const {
  const std::lock_guard lock(mutex_);
  return items_.size();
}

}  // namespace hdfsmount::fs
