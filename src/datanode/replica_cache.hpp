#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "datanode/local_replica.hpp"
#include "wire/model.hpp"

namespace hdfsmount::datanode {

/// One version of one block on one DataNode of this machine, which its port tells from the others.
struct replica_key {
  replica_key(const wire::extended_block& block, std::uint16_t port_)
      : id(block.id), stamp(block.stamp), length(block.length), port(port_) {}
  block_id id;
  generation_stamp stamp;
  std::uint64_t length;
  std::uint16_t port;
  friend bool operator==(const replica_key&, const replica_key&) = default;
};

}  // namespace hdfsmount::datanode

template <>
struct std::hash<hdfsmount::datanode::replica_key> {
  std::size_t operator()(const hdfsmount::datanode::replica_key& key) const noexcept {
    return std::hash<std::uint64_t>{}(key.id.value() * 0x9e3779b97f4a7c15U ^ key.stamp.value() ^ key.port);
  }
};

namespace hdfsmount::datanode {

/// Open replicas, shared by all streams. The least recently used goes when there are too many, and each goes when
/// nobody has used it for a while or its DataNode no longer answers for it. Whoever reads from one keeps it alive
/// beyond that. Thread-safe.
class replica_cache {
 public:
  using replica_ptr = std::shared_ptr<const local_replica>;

  replica_cache(std::size_t capacity, milliseconds expiry) : capacity_(capacity), expiry_(expiry) {}

  /// Null when it is not here or its DataNode does not answer for it any more. `pool` is the block's.
  replica_ptr find(const replica_key& key, const std::string& pool, steady_time now);
  void add(const replica_key& key, const std::string& pool, replica_ptr replica, steady_time now);
  void drop(const replica_key& key);
  /// Drops what is stale or expired.
  void sweep(steady_time now);
  void clear();
  std::size_t size() const;

 private:
  struct entry {
    std::string pool;
    replica_ptr replica;
    steady_time added;
  };
  bool is_over(const entry& one, steady_time now) const;
  void make_room_locked(std::vector<replica_ptr>& dropped);

  const std::size_t capacity_;
  const milliseconds expiry_;
  mutable std::mutex mutex_;  // leaf; replicas are let go of after it is released, because that gives slots back
  std::unordered_map<replica_key, entry> entries_;
};

}  // namespace hdfsmount::datanode
