#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "async/single_flight.hpp"
#include "datanode/local_replica.hpp"
#include "datanode/short_circuit_calls.hpp"

namespace hdfsmount::datanode {

/// The shared memory segments of this client at each DataNode of this machine: asked for when a slot is needed and none
/// is free, watched until the DataNode closes them, their slots given back a bunch at a time. Thread-safe; its tasks
/// end after stop(), and it must outlive them. Held by std::shared_ptr: a replica that a disk thread lets go of last
/// gives its slot back to whoever is still there.
class slot_keeper : public std::enable_shared_from_this<slot_keeper> {
 public:
  slot_keeper(async::executor where, connection_pool& connections, std::string client_name, milliseconds silence,
              const clock_source& time, logger& log, metrics& numbers);

  /// A slot for a replica of that DataNode; null when it has no shared memory to offer. Errors: of the connection.
  async::task<result<std::unique_ptr<replica_slot>>> take(net::host_port node, steady_time deadline);
  /// Closes all segments: the DataNodes forget their slots.
  void stop();
  std::size_t segments() const;

 private:
  using segment_ptr = std::shared_ptr<shared_segment>;
  struct watched {
    segment_ptr memory;
    async::running_task watch;
  };
  struct unused_slot {
    segment_ptr memory;
    std::uint32_t index;
  };
  struct node_slots {
    std::vector<watched> segments;
    std::vector<unused_slot> unused;
    bool returning = false;
    async::running_task returner;
    steady_time none_before{};  // it has said that it offers no shared memory
  };

  std::unique_ptr<replica_slot> take_free(const net::host_port& node);
  async::task<result<segment_ptr>> add_segment(net::host_port node, steady_time deadline);
  async::task<void> watch(net::host_port node, segment_ptr memory, net::stream_ptr connection);
  void forget(const net::host_port& node, const segment_ptr& memory);
  void slot_unused(const net::host_port& node, const segment_ptr& memory, std::uint32_t index);
  async::task<void> return_slots(net::host_port node);
  std::vector<unused_slot> next_unused(const net::host_port& node);
  void abandon(const net::host_port& node, const std::vector<unused_slot>& slots);
  patience_limits limits(steady_time deadline) const { return {silence_, deadline}; }

  const async::executor where_;
  connection_pool& connections_;
  const std::string client_name_;
  const milliseconds silence_;
  const clock_source& time_;
  logger& log_;
  counter& made_;
  counter& returned_;
  async::single_flight<std::string, segment_ptr> making_;

  mutable std::mutex mutex_;  // leaf, but for a segment's
  bool stopped_ = false;
  std::map<net::host_port, node_slots> nodes_;
};

}  // namespace hdfsmount::datanode
