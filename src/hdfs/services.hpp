#pragma once

#include "base/line_limiter.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "datanode/connection_pool.hpp"
#include "datanode/domain_sockets.hpp"
#include "datanode/local_replicas.hpp"
#include "datanode/node_health.hpp"
#include "hdfs/block_directory.hpp"
#include "hdfs/buffer_pool.hpp"
#include "hdfs/options.hpp"

namespace hdfsmount::hdfs {

/// What all streams of one mount share. Everything in it is thread-safe and outlives them.
struct services {
  async::executor where;
  const options& settings;
  block_directory& blocks;
  datanode::connection_pool& connections;
  datanode::node_health& health;
  std::shared_ptr<buffer_pool> buffers;
  logger& log;
  line_limiter& failures;  ///< lines about DataNodes, by node and error
  metrics& numbers;
  std::shared_ptr<async::budget> hedges = nullptr;  ///< attempts of hedged reads beyond the first ones; null: none
  datanode::local_replicas* local = nullptr;        ///< null: every block is asked of a DataNode
  datanode::domain_sockets* sockets = nullptr;      ///< of DataNodes of this machine, to be read over; null: none

  /// The next replica to try: the first in the NameNode's order that `skip(uuid)` leaves in, but DataNodes that failed
  /// lately come last. Null: none is left.
  template <class Skip>
  const wire::replica_location* choose_replica(const wire::located_block& block, Skip skip) const {
    const wire::replica_location* avoided = nullptr;
    for (const auto& replica : block.replicas) {
      const auto& uuid = replica.node.uuid;
      if (skip(uuid)) continue;
      if (health.admit(uuid)) return &replica;
      if (avoided == nullptr) avoided = &replica;
    }
    return avoided;
  }

  net::host_port transfer_address(const wire::datanode_info& node) const {
    return {settings.use_datanode_hostname ? node.host : node.ip, node.transfer_port};
  }
};

}  // namespace hdfsmount::hdfs
