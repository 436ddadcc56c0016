#pragma once

#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

#include "async/single_flight.hpp"
#include "async/worker_pool.hpp"
#include "datanode/node_health.hpp"
#include "datanode/replica_cache.hpp"
#include "datanode/slot_keeper.hpp"
#include "net/local_addresses.hpp"

namespace hdfsmount::datanode {

/// Replicas on this machine as open files, which their DataNode passes over its UNIX socket: asked for once for each
/// block, kept for all streams, dropped when the DataNode no longer answers for them. A DataNode that refuses is asked
/// again after a while, doubled each time up to ten minutes; the log says once that it does and once that it is over.
/// Thread-safe; its tasks end after stop(), and it must outlive them. (ShortCircuitCache, DomainSocketFactory)
class short_circuit {
 public:
  struct options {
    options() = default;
    std::string client_name;               ///< for the DataNodes' logs
    milliseconds silence{15'000};          ///< of a DataNode
    std::size_t replicas_kept = 256;       ///< dfs.client.read.shortcircuit.streams.cache.size
    milliseconds replica_expiry{300'000};  ///< dfs.client.read.shortcircuit.streams.cache.expiry.ms
    std::size_t connections_kept = 16;
    milliseconds connection_expiry{3'000};
  };
  using replica_ptr = replica_cache::replica_ptr;

  /// `connector` makes connections to UNIX sockets, as net::make_domain_connector(). All references must outlive this.
  short_circuit(async::executor where, net::connector& connector, options settings, async::worker_pool& disk,
                const clock_source& time, logger& log, metrics& numbers);
  ~short_circuit();

  /// Which replica of which block to open.
  struct request {
    request(wire::extended_block block_, wire::token access_token_, wire::datanode_info node_)
        : block(std::move(block_)), access_token(std::move(access_token_)), node(std::move(node_)) {}
    replica_key key() const { return {block, node.transfer_port}; }
    wire::extended_block block;
    wire::token access_token;
    wire::datanode_info node;
  };

  /// Whether the DataNode is on this machine.
  bool is_local(const wire::datanode_info& node) { return addresses_.contains(node.ip); }
  /// A replica that is open already, or null. Waits for nothing.
  replica_ptr find(const wire::extended_block& block, std::uint16_t port);
  /// The replica, asking its DataNode where needed; null when it has to be read another way.
  async::task<replica_ptr> open(request what, steady_time deadline);
  /// The replica gave wrong bytes or none: it is not used again for ten minutes.
  void distrust(const replica_key& key);

  /// Threads for what may wait for a disk.
  async::worker_pool& disk() const noexcept { return disk_; }

  /// Drops all replicas, segments and connections; open() gives nothing from then on.
  void stop();
  std::size_t replicas() const { return replicas_.size(); }
  std::size_t segments() const { return slots_->segments(); }

 private:
  async::task<result<replica_ptr>> ask(const request& what, steady_time deadline);
  async::task<result<replica_ptr>> use_files(passed_files files, std::uint64_t length,
                                             std::unique_ptr<replica_slot> slot, steady_time deadline);
  bool may_try(const request& what);
  void failed(const request& what, const error& failure);
  void worked(const wire::datanode_info& node);
  void distrust_for(const replica_key& key, milliseconds time);
  void keep(const request& what, const replica_ptr& replica);
  async::task<void> sweep();

  const async::executor where_;
  const options settings_;
  async::worker_pool& disk_;
  const clock_source& time_;
  logger& log_;
  net::local_addresses addresses_;
  connection_pool connections_;
  node_health sockets_;  // of DataNodes, by their uuid
  counter& opened_;
  counter& hits_;
  counter& refused_;
  async::single_flight<replica_key, replica_ptr> opening_;

  std::mutex mutex_;  // leaf, but for the replica cache's
  bool stopped_ = false;
  bool sweeping_ = false;
  async::running_task sweeper_;
  std::set<std::string> told_;  // DataNodes whose refusal is in the log, by uuid
  std::unordered_map<replica_key, steady_time> distrusted_;

  const std::shared_ptr<slot_keeper> slots_;
  replica_cache replicas_;  // goes first: its replicas give slots back
};

}  // namespace hdfsmount::datanode
