#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>

#include "async/budget.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "net/tcp.hpp"

namespace hdfsmount::datanode {

/// Connections to DataNodes that are between two operations. A DataNode keeps an idle one for
/// dfs.datanode.socket.reuse.keepalive (4 s), so ours expire sooner. Thread-safe; lives as long as the mount.
class connection_pool {
 public:
  /// Operations under way at one DataNode at a time; DataNodes refuse more than dfs.datanode.max.transfer.threads
  /// (4096) of all their clients together.
  static constexpr std::size_t places_per_node = 512;

  /// `capacity` connections at most are kept (dfs.client.socketcache.capacity), each for `expiry`
  /// (dfs.client.socketcache.expiryMsec). `kind` begins the names of its counters.
  connection_pool(async::executor where, net::connector& connector, std::size_t capacity, milliseconds expiry,
                  logger& log, metrics& numbers, const std::string& kind = "datanode");

  /// One of the operations that may be under way at a DataNode at a time; free again when this is destroyed.
  class place {
   public:
    place() = default;
    place(std::shared_ptr<async::budget> of, async::budget::share share)
        : of_(std::move(of)), share_(std::move(share)) {}

   private:
    std::shared_ptr<async::budget> of_;  // outlives the share
    async::budget::share share_;
  };

  /// Waits for a place at `peer`: a DataNode that hangs does not use up the descriptors of the others.
  async::task<result<place>> enter(const net::host_port& peer, steady_time deadline);

  /// A connection and where it came from.
  struct lease {
    lease(net::stream_ptr stream_, bool reused_) : stream(std::move(stream_)), reused(reused_) {}
    net::stream_ptr stream;
    bool reused;  ///< it was idle, so the peer may just have closed it: a failure says nothing about the DataNode
  };

  /// An idle connection to `peer`, or a new one; always a new one when `fresh`. Errors as net::connector.
  async::task<result<lease>> acquire(net::host_port peer, bool fresh, steady_time deadline);
  /// Takes back a connection on which no operation is under way.
  void give_back(const net::host_port& peer, net::stream_ptr stream);
  /// Closes every idle connection and ends the pool's own task, so that nothing keeps the executor from running dry.
  void clear();
  std::size_t idle() const;

 private:
  struct entry {
    net::stream_ptr stream;
    steady_time expires;
  };
  net::stream_ptr take_idle(const net::host_port& peer);
  async::task<void> sweep(std::uint64_t round);

  const async::executor where_;
  net::connector& connector_;
  const std::size_t capacity_;
  const milliseconds expiry_;
  logger& log_;
  counter& connects_;
  counter& reuses_;

  mutable std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::map<net::host_port, std::list<entry>> idle_;
  std::map<net::host_port, std::shared_ptr<async::budget>> places_;
  std::size_t count_ = 0;
  bool sweeping_ = false;
  std::uint64_t round_ = 0;  // of the task that sweeps; one of an earlier round only ends
  async::running_task sweeper_;
};

}  // namespace hdfsmount::datanode
