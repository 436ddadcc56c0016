#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "async/single_flight.hpp"
#include "async/worker_pool.hpp"
#include "datanode/replica_cache.hpp"
#include "datanode/replica_directories.hpp"
#include "datanode/short_circuit.hpp"

namespace hdfsmount::datanode {

/// Replicas on this machine as open files: found in their DataNode's directories or passed on by it, kept for all
/// streams, dropped when the DataNode no longer answers for them. Thread-safe; its tasks end after stop(), and it must
/// outlive them. (ShortCircuitCache)
class local_replicas {
 public:
  struct options {
    options() = default;
    std::size_t kept = 256;         ///< dfs.client.read.shortcircuit.streams.cache.size
    milliseconds patience{15'000};  ///< with a disk
    milliseconds expiry{300'000};   ///< dfs.client.read.shortcircuit.streams.cache.expiry.ms
  };
  using replica_ptr = replica_cache::replica_ptr;

  /// `directories`, `passed`: null for a way that is not to be taken. All references must outlive this.
  local_replicas(async::executor where, options settings, std::shared_ptr<replica_directories> directories,
                 std::unique_ptr<short_circuit> passed, async::worker_pool& disk, const clock_source& time, logger& log,
                 metrics& numbers);
  ~local_replicas();

  /// Has a disk thread find out which storages the directories are; from then on it is done as needed.
  void look_for_directories();
  /// Whether the replica may be on this machine and of a kind that can be opened here.
  bool may_have(const wire::replica_location& replica);
  /// A replica that is open already or that can be opened at once, or null. Waits for nothing.
  replica_ptr find(const wire::located_block& block, const wire::replica_location& replica);
  /// The replica, in whichever way there is; null when it has to be read over TCP.
  async::task<replica_ptr> open(wire::located_block block, wire::replica_location replica, steady_time deadline);
  /// The replica gave wrong bytes or none: it is not used again for ten minutes.
  void distrust(const replica_key& key);

  /// Threads for what may wait for a disk.
  async::worker_pool& disk() const noexcept { return disk_; }

  /// Drops all replicas, segments and connections; open() gives nothing from then on.
  void stop();
  std::size_t size() const { return replicas_.size(); }
  std::size_t directories() const { return directories_ ? directories_->known() : 0; }
  std::size_t segments() const { return passed_ ? passed_->segments() : 0; }

 private:
  async::task<result<replica_ptr>> open_any(const wire::located_block& block, const wire::replica_location& replica,
                                            steady_time deadline);
  replica_ptr find_open(const replica_key& key, const std::string& pool);
  replica_ptr open_directly(const wire::located_block& block, const wire::replica_location& replica);
  async::task<replica_ptr> open_from_disk(const wire::located_block& block, const wire::replica_location& replica,
                                          steady_time deadline);
  replica_ptr use_directly(const replica_key& key, const std::string& pool,
                           const result<std::shared_ptr<local_replica>>& opened);
  bool may_try(const replica_key& key);
  void distrust_for(const replica_key& key, milliseconds time);
  void keep(const replica_key& key, const std::string& pool, const replica_ptr& replica);
  async::task<void> sweep();

  const async::executor where_;
  const milliseconds patience_;
  async::worker_pool& disk_;
  const clock_source& time_;
  logger& log_;
  counter& hits_;
  counter& opened_directly_;
  counter& not_openable_;
  const std::shared_ptr<replica_directories> directories_;
  async::single_flight<replica_key, replica_ptr> opening_;

  std::mutex mutex_;  // leaf, but for the replica cache's
  bool stopped_ = false;
  bool sweeping_ = false;
  async::running_task sweeper_;
  std::unordered_map<replica_key, steady_time> distrusted_;

  const std::unique_ptr<short_circuit> passed_;
  replica_cache replicas_;  // goes first: its replicas give slots back
};

}  // namespace hdfsmount::datanode
