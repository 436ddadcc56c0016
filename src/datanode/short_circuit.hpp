#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "async/worker_pool.hpp"
#include "datanode/node_health.hpp"
#include "datanode/slot_keeper.hpp"
#include "net/local_addresses.hpp"

namespace hdfsmount::datanode {

/// Asks the DataNodes of this machine for open files of their replicas, over their UNIX sockets. A DataNode that
/// refuses is asked again after a while, doubled each time up to ten minutes; the log says once that it does and once
/// that it is over. Thread-safe; its tasks end after stop(), and it must outlive them. (DomainSocketFactory)
class short_circuit {
 public:
  struct options {
    options() = default;
    std::string client_name;       ///< for the DataNodes' logs
    milliseconds silence{15'000};  ///< of a DataNode
    std::size_t connections_kept = 16;
    milliseconds connection_expiry{3'000};
  };
  using replica_ptr = std::shared_ptr<local_replica>;

  /// `connector` makes connections to UNIX sockets, as net::make_domain_connector(). All references must outlive this.
  short_circuit(async::executor where, net::connector& connector, options settings, async::worker_pool& disk,
                const clock_source& time, logger& log, metrics& numbers);

  /// Which replica of which block to open.
  struct request {
    request(wire::extended_block block_, wire::token access_token_, wire::datanode_info node_)
        : block(std::move(block_)), access_token(std::move(access_token_)), node(std::move(node_)) {}
    wire::extended_block block;
    wire::token access_token;
    wire::datanode_info node;
  };

  /// Whether the DataNode is on this machine.
  bool is_local(const wire::datanode_info& node) { return addresses_.contains(node.ip); }
  /// Asks the DataNode. Null while it is not to be asked. Errors are counted and in the log.
  async::task<result<replica_ptr>> open(const request& what, steady_time deadline);
  /// Whether a failure of open() is of the one replica and not of the way to its DataNode.
  static bool blames_replica(const error& failure);

  /// Drops all segments and connections.
  void stop();
  std::size_t segments() const { return slots_->segments(); }

 private:
  async::task<result<replica_ptr>> ask(const request& what, steady_time deadline);
  async::task<result<replica_ptr>> use_files(passed_files files, std::uint64_t length,
                                             std::unique_ptr<replica_slot> slot, steady_time deadline);
  void failed(const request& what, const error& failure);
  void worked(const wire::datanode_info& node);

  const options settings_;
  async::worker_pool& disk_;
  logger& log_;
  net::local_addresses addresses_;
  connection_pool connections_;
  node_health sockets_;  // of DataNodes, by their uuid
  counter& opened_;
  counter& refused_;

  std::mutex mutex_;            // leaf
  std::set<std::string> told_;  // DataNodes whose refusal is in the log, by uuid

  const std::shared_ptr<slot_keeper> slots_;
};

}  // namespace hdfsmount::datanode
