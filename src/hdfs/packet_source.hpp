#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "hdfs/next_run.hpp"

namespace hdfsmount::hdfs {

/// Which replicas are being read by several sources of the same bytes, so that each reads another one. Thread-safe.
class replica_race {
 public:
  /// `who` reads this one now, and not what it read before.
  void take(const void* who, const std::string& uuid);
  void leave(const void* who);
  bool taken_by_another(const void* who, const std::string& uuid) const;
  /// What all but `who` read.
  std::vector<std::string> others(const void* who) const;

 private:
  mutable std::mutex mutex_;  // leaf
  std::map<const void*, std::string> current_;
};

/// The bytes of a file from `begin` up to `end` as verified packets, whichever replicas they come from. When a replica
/// fails or is corrupt, the next one continues where it stopped; when all have failed the NameNode is asked again, a
/// few times, with growing pauses. Used by one task at a time.
///
///   while next() finds a packet: provide memory and receive() into it.
class packet_source {
 public:
  /// `run`: how much is asked of a DataNode in one operation at first; it grows fourfold with each one.
  /// Corrupt replicas are reported as `reader`. In a race, replicas that others read are left out, and as long as there
  /// are others nothing is tried twice.
  packet_source(const services& shared, std::shared_ptr<block_locator> file, caller reader, std::uint64_t begin,
                std::uint64_t end, std::uint64_t run, std::shared_ptr<replica_race> race = nullptr);
  ~packet_source();
  packet_source(const packet_source&) = delete;
  packet_source& operator=(const packet_source&) = delete;

  struct packet {
    std::uint64_t offset = 0;  ///< in the file; the first packet may begin before what was asked for
    std::size_t length = 0;    ///< 0: the end has been reached
    std::size_t chunk = 1;     ///< the last packet ends at a multiple of it, or with the block
  };

  /// Finds the next packet. Ends with the last failure once no replica is left to try.
  async::task<result<packet>> next(call_context context);
  /// Receives the packet that next() found into `into`, which has its length. True: it is there, verified. False: the
  /// replica failed; next() tries another one. An error ends the source.
  async::task<result<bool>> receive(call_context context, net::mutable_byte_span into);
  /// All up to `end` will be wanted: opens what comes next as soon as what is on its way gets short.
  void look_ahead(const call_context& context);

 private:
  void use(std::unique_ptr<block_run> opened, std::uint64_t length);
  async::task<result<bool>> take_next_run(const call_context& context);
  void change_block(block_locator::block_ptr block);
  async::task<result<void>> open_reader(call_context context);
  async::task<result<void>> next_round(call_context& context);
  bool all_corrupt() const;
  void replica_failed(const error& failure);
  void replica_delivered();
  void report_corrupt();

  const services& shared_;
  const std::shared_ptr<block_locator> file_;
  const caller reporter_;
  std::uint64_t position_;
  const std::uint64_t end_;
  std::uint64_t run_;
  const std::shared_ptr<replica_race> race_;

  block_locator::block_ptr block_;
  std::unique_ptr<datanode::block_reader> reader_;
  std::uint64_t run_end_ = 0;       // of reader_, in the file
  std::shared_ptr<next_run> next_;  // what comes after it
  std::string node_uuid_;           // of reader_
  std::string node_name_;           // of reader_, for log lines
  bool delivered_ = false;          // reader_ has given at least one packet
  packet packet_;
  std::set<std::string> tried_;    // DataNodes that failed for block_ in this round
  std::set<std::string> suspect_;  // DataNodes whose replica of block_ did not match its checksums once
  std::set<std::string> corrupt_;  // and twice
  bool reported_ = false;          // the corrupt ones, to the NameNode
  int round_ = 0;
  error last_failure_ = errc::no_replica;
  counter& over_tcp_;
  counter& over_socket_;
  counter* fetched_ = nullptr;  // the one of these two that the run is for
};

}  // namespace hdfsmount::hdfs
