#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/tcp.hpp"
#include "support/datanode_script.hpp"

namespace hdfsmount::testing {

/// One DataNode in memory: what it stores and how it misbehaves.
struct fake_datanode {
  enum class behaviour { serve, refuse_connection, never_answer, never_connect };

  std::map<std::uint64_t, replica_bytes> replicas;  ///< by block id
  behaviour how = behaviour::serve;
  /// After so many bytes of an answer the connection is lost, once for each connection.
  std::size_t lose_after = std::numeric_limits<std::size_t>::max();
  /// After so many operations its replicas are as they should be.
  int mend_after = std::numeric_limits<int>::max();
  int connects = 0;
  int operations = 0;
};

/// Connects to DataNodes "dn1", "dn2", ... that live in memory, on one thread.
class fake_datanodes final : public net::connector {
 public:
  fake_datanode& node(const std::string& host) {
    return *nodes_.try_emplace(host, std::make_shared<fake_datanode>()).first->second;
  }

  async::task<result<net::stream_ptr>> connect(net::host_port peer, steady_time deadline) override;

 private:
  std::map<std::string, std::shared_ptr<fake_datanode>> nodes_;
};

}  // namespace hdfsmount::testing
