#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "datanode/local_replica.hpp"
#include "hdfs/block_locator.hpp"
#include "hdfs/client.hpp"

namespace hdfsmount::hdfs {

/// Reads a file's blocks from replicas on this machine, as open files: one that is being
/// written or that is stored outside the cluster is left to TCP, and so is one whose files are not to be had or give
/// wrong bytes, which the read over TCP then confirms or not. Thread-safe.
class local_reader {
 public:
  local_reader(const services& shared, std::shared_ptr<block_locator> file);

  /// The range, which ends within the file, if it lies in a replica that is open, in the page cache. Waits for nothing.
  std::optional<read_data> try_read(std::uint64_t offset, std::size_t size);
  /// Opens the replica of the file's beginning; false when there is none to open.
  async::task<bool> prepare(call_context context);
  /// The range if all its blocks can be read here; opens replicas and waits for disks. Nothing: read it over TCP.
  async::task<std::optional<read_data>> read(call_context context, std::uint64_t offset, std::size_t size);

 private:
  using replica_ptr = std::shared_ptr<const datanode::local_replica>;

  /// A block and the replica of it to read.
  struct target {
    block_locator::block_ptr block;
    replica_ptr replica;
    std::uint16_t port = 0;
  };
  /// Which bytes of a replica to read for a range of the file, and what to cut off.
  struct extent {
    std::uint64_t begin = 0;  // in the block
    std::size_t size = 0;
    std::size_t skipped = 0;  // bytes before those that were asked for
  };

  /// Of the short-circuit tier and of that of direct replicas.
  struct tier {
    tier(metrics& numbers, std::string_view label)
        : read(numbers.get("read_bytes", label)), fetched(numbers.get("fetched_bytes", label)) {}
    counter& read;
    counter& fetched;
  };

  extent extent_of(const target& from, std::uint64_t offset, std::size_t size) const;
  std::optional<target> recent(std::uint64_t offset) const;
  std::optional<target> find_open(block_locator::block_ptr block);
  async::task<std::optional<target>> open(block_locator::block_ptr block, steady_time deadline);
  async::task<block_locator::block_ptr> locate(const call_context& context, std::uint64_t offset);
  async::task<bool> read_part(const call_context& context, const target& from, std::uint64_t offset, std::size_t size,
                              read_data& out);
  void count(const target& from, std::size_t fetched, bool unchecked, counter& kind) const;
  const tier& tier_of(const target& from) const;
  bool accepted(const target& from, const result<bool>& outcome);
  bool is_left_to_tcp(const wire::located_block& block) const;
  void remember(const target& last);
  void open_next(const target& from, std::uint64_t offset, std::size_t size);
  std::uint64_t ahead_of(const target& from, std::uint64_t offset, std::size_t size, bool cold);

  const services& shared_;
  const std::shared_ptr<block_locator> file_;
  tier passed_;
  tier direct_;
  counter& from_page_cache_;
  counter& from_disk_;
  counter& unchecked_;
  counter& bad_;

  mutable std::mutex mutex_;  // leaf: nothing else is locked while it is held
  block_locator::block_ptr block_;
  std::weak_ptr<const datanode::local_replica> replica_;  // of block_; the cache decides how many stay open
  std::uint16_t port_ = 0;
  std::set<std::uint64_t>
      left_to_tcp_;  // blocks, by offset: a replica failed, and TCP is to tell whether it is corrupt
  std::uint64_t last_end_ = 0;
  std::uint64_t opened_next_ = 0;    // the block at this offset has been opened ahead
  std::uint64_t advised_until_ = 0;  // in the file; 0: all that was read so far was in the page cache
};

}  // namespace hdfsmount::hdfs
