#include "datanode/replica_cache.hpp"

#include <algorithm>

namespace hdfsmount::datanode {
namespace {

/// Without a slot nobody says that a replica is gone, so its files are asked for anew from time to time.
constexpr seconds longest_without_slot{60};

}  // namespace

bool replica_cache::is_over(const entry& one, steady_time now) const {
  if (!one.replica->current()) return true;
  return !one.replica->has_slot() && now >= one.added + longest_without_slot;
}

replica_cache::replica_ptr replica_cache::find(const replica_key& key, const std::string& pool, steady_time now) {
  replica_ptr dropped;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.pool != pool) return nullptr;
  if (is_over(found->second, now)) {
    dropped = std::move(found->second.replica);
    entries_.erase(found);
    return nullptr;
  }
  found->second.replica->set_last_used(now);
  return found->second.replica;
}

void replica_cache::make_room_locked(std::vector<replica_ptr>& dropped) {
  const auto by_use = [](const auto& a, const auto& b) {
    return a.second.replica->last_used() < b.second.replica->last_used();
  };
  while (!entries_.empty() && entries_.size() >= std::max<std::size_t>(capacity_, 1)) {
    const auto oldest = std::min_element(entries_.begin(), entries_.end(), by_use);
    dropped.push_back(std::move(oldest->second.replica));
    entries_.erase(oldest);
  }
}

void replica_cache::add(const replica_key& key, const std::string& pool, replica_ptr replica, steady_time now) {
  if (capacity_ == 0) return;
  replica->set_last_used(now);
  std::vector<replica_ptr> dropped;
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    dropped.push_back(std::move(found->second.replica));
    entries_.erase(found);
  }
  make_room_locked(dropped);
  entries_.insert_or_assign(key, entry{pool, std::move(replica), now});
}

void replica_cache::drop(const replica_key& key) {
  replica_ptr dropped;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  dropped = std::move(found->second.replica);
  entries_.erase(found);
}

void replica_cache::sweep(steady_time now) {
  std::vector<replica_ptr> dropped;
  const std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    const bool over = is_over(it->second, now) || now >= it->second.replica->last_used() + expiry_;
    if (over) dropped.push_back(std::move(it->second.replica));
    it = over ? entries_.erase(it) : std::next(it);
  }
}

void replica_cache::clear() {
  std::unordered_map<replica_key, entry> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(entries_);
}

std::size_t replica_cache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace hdfsmount::datanode
