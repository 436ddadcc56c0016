#pragma once

#include <memory>
#include <string>

#include "async/worker_pool.hpp"
#include "datanode/domain_sockets.hpp"
#include "datanode/slot_keeper.hpp"

namespace hdfsmount::datanode {

/// Asks the DataNodes of this machine for open files of their replicas, over their UNIX sockets. Thread-safe; its tasks
/// end after stop(), and it must outlive them.
class short_circuit {
 public:
  struct options {
    options() = default;
    std::string client_name;  ///< for the DataNodes' logs
    domain_sockets::options sockets;
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
  bool is_local(const wire::datanode_info& node) { return sockets_.is_local(node); }
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

  async::worker_pool& disk_;
  logger& log_;
  domain_sockets sockets_;
  counter& opened_;
  counter& refused_;
  const std::shared_ptr<slot_keeper> slots_;
};

}  // namespace hdfsmount::datanode
