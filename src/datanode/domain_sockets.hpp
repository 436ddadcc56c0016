#pragma once

#include <mutex>
#include <set>
#include <string>

#include "datanode/connection_pool.hpp"
#include "datanode/node_health.hpp"
#include "net/local_addresses.hpp"
#include "wire/model.hpp"

namespace hdfsmount::datanode {

/// The UNIX sockets of this machine's DataNodes, for one use: idle connections, and which DataNodes to leave alone
/// because the use failed there. Such a one is tried again after a while, doubled each time up to ten minutes; the log
/// says once that it failed and once that it is over. Thread-safe; lives as long as the mount. (DomainSocketFactory)
class domain_sockets {
 public:
  struct options {
    options() = default;
    milliseconds silence{15'000};  ///< of a DataNode
    std::size_t connections_kept = 16;
    milliseconds connection_expiry{3'000};
  };

  /// `use` is what the log calls it. `connector` makes connections to UNIX sockets, as net::make_domain_connector().
  /// All references must outlive this.
  domain_sockets(std::string use, async::executor where, net::connector& connector, options settings,
                 const clock_source& time, logger& log, metrics& numbers);

  /// Whether the DataNode is on this machine.
  bool is_local(const wire::datanode_info& node) { return addresses_.contains(node.ip); }
  /// Whether to try it now; who is told so has to tell worked() or failed().
  bool admit(const wire::datanode_info& node) { return health_.admit(node.uuid); }
  void worked(const wire::datanode_info& node);
  void failed(const wire::datanode_info& node, const error& failure);

  static net::host_port address(const wire::datanode_info& node) { return {node.ip, node.transfer_port}; }
  connection_pool& connections() noexcept { return connections_; }
  milliseconds silence() const noexcept { return settings_.silence; }

 private:
  const std::string use_;
  const options settings_;
  logger& log_;
  net::local_addresses addresses_;
  connection_pool connections_;
  node_health health_;  // by uuid

  std::mutex mutex_;            // leaf: nothing else is locked while it is held
  std::set<std::string> told_;  // DataNodes whose failure is in the log, by uuid
};

}  // namespace hdfsmount::datanode
