#pragma once

#include <memory>
#include <string>

#include "async/one_shot.hpp"
#include "datanode/block_reader.hpp"
#include "hdfs/block_locator.hpp"

namespace hdfsmount::hdfs {

/// Bytes of one block that a DataNode has begun to send.
struct block_run {
  block_locator::block_ptr block;
  std::string node_uuid;
  std::string node_name;     ///< for log lines
  bool over_socket = false;  ///< over a UNIX socket and not TCP
  std::unique_ptr<datanode::block_reader> reader;
};

/// What a sequential reader needs next, opened by a task of its own while what comes before it is still on its way, so
/// that neither a round trip nor a connection's set-up interrupts the flow. Only the replica of first choice is tried:
/// who finds nothing here opens it as if nobody had tried.
class next_run {
 public:
  /// From `position` in the file, which lies in one block, at most `length` bytes. `context` bounds the opening.
  static std::shared_ptr<next_run> open(const services& shared, std::shared_ptr<block_locator> file,
                                        call_context context, std::uint64_t position, std::uint64_t length);

  std::uint64_t position() const noexcept { return position_; }
  /// Waits until it is open, or ends with why that failed. To be called once.
  async::task<result<std::unique_ptr<block_run>>> take(steady_time deadline);
  /// Nobody will take it.
  void abandon() const { task_.cancel(); }

 private:
  next_run(std::uint64_t position) : position_(position) {}
  static async::task<void> run(const services& shared, std::shared_ptr<block_locator> file, call_context context,
                               std::uint64_t length, std::shared_ptr<next_run> self);

  const std::uint64_t position_;
  async::one_shot<std::shared_ptr<block_run>> opened_;
  async::running_task task_;
};

/// Asks the DataNode of `replica` for what is behind `position`, at most `length` bytes and not beyond the block.
async::task<result<std::unique_ptr<block_run>>> open_run(const services& shared, call_context context,
                                                         block_locator::block_ptr block,
                                                         const wire::replica_location& replica, std::uint64_t position,
                                                         std::uint64_t length);

}  // namespace hdfsmount::hdfs
