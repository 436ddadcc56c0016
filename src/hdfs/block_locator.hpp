#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "async/single_flight.hpp"
#include "hdfs/services.hpp"

namespace hdfsmount::hdfs {

/// The located blocks of one open file, asked for in ranges and kept; and its length, which for a file being written
/// includes what is visible of the last block. Thread-safe.
class block_locator : public std::enable_shared_from_this<block_locator> {
 public:
  using block_ptr = std::shared_ptr<const wire::located_block>;

  block_locator(const services& shared, std::string path, std::string name);

  /// First contact: decides whether the caller may read and whether we can. errc::unsupported with the reason.
  async::task<result<void>> open(call_context context);
  /// The block that holds the byte at `offset` (< length()). `stale` is a block that could not be read at its
  /// locations: the NameNode is asked again unless somebody already got another answer.
  async::task<result<block_ptr>> find(call_context context, std::uint64_t offset, block_ptr stale = nullptr);
  /// That block if it is known and will not change any more: no writer is at it. Null otherwise; asks nobody.
  block_ptr known_complete(std::uint64_t offset) const;
  /// Asks again for the file's end. Identical requests under way are made once. `at_least` as in
  /// input_stream::refresh_length().
  async::task<result<std::uint64_t>> refresh(call_context context, std::uint64_t at_least);

  std::uint64_t length() const;
  bool under_construction() const;
  /// Of the blocks that open() found: the first ones and the last one.
  std::uint64_t content_version() const noexcept { return version_; }
  const std::string& name() const noexcept { return name_; }

 private:
  async::task<result<wire::located_blocks>> locate(call_context context, std::uint64_t offset, std::uint64_t bytes);
  async::task<result<void>> load(call_context context, std::uint64_t offset, std::uint64_t bytes,
                                 std::uint64_t at_least);
  async::task<result<void>> take(call_context context, wire::located_blocks found, std::uint64_t at_least);
  async::task<result<std::uint64_t>> reload_end(call_context context, std::uint64_t at_least);
  async::task<result<std::uint64_t>> visible_length(call_context context, const wire::located_block& last,
                                                    std::uint64_t at_least);
  static std::uint64_t version_of(const wire::located_blocks& found);
  void remember(wire::located_blocks found, std::uint64_t last_block_bytes);
  block_ptr cached(std::uint64_t offset) const;
  block_ptr cached_locked(std::uint64_t offset) const;

  const services& shared_;
  const std::string path_;
  const std::string name_;
  std::uint64_t version_ = 0;  // written by open() only
  const clock_source time_;
  async::single_flight<std::uint64_t, std::uint64_t> refreshing_;  // by at_least

  mutable std::mutex mutex_;                   // leaf: nothing else is locked while it is held
  std::map<std::uint64_t, block_ptr> blocks_;  // by offset of the first byte
  std::uint64_t length_ = 0;
  std::uint64_t complete_until_ = 0;  // where a last block begins that is being written, or the end of the file
  bool under_construction_ = false;
};

}  // namespace hdfsmount::hdfs
