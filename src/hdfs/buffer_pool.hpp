#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "async/budget.hpp"
#include "net/stream.hpp"

namespace hdfsmount::hdfs {

/// Memory for data on its way, all of it out of one budget. Buffers of the usual size are kept and used again, because
/// touching fresh pages costs more than filling them. Thread-safe; lives until the last buffer is gone.
class buffer_pool : public std::enable_shared_from_this<buffer_pool> {
 public:
  static constexpr std::size_t usual_size = 1024 * 1024;

  explicit buffer_pool(std::size_t memory) : budget_(memory) {}

  /// A block of memory; returns to the pool with its last owner.
  class buffer {
   public:
    net::mutable_byte_span space() noexcept { return {memory_.get(), size_}; }
    byte_span bytes() const noexcept { return {memory_.get(), size_}; }
    ~buffer();

   private:
    friend class buffer_pool;
    buffer() = default;
    std::shared_ptr<buffer_pool> pool_;
    async::budget::share share_;
    std::unique_ptr<std::byte[]> memory_;
    std::size_t size_ = 0;
  };
  using buffer_ptr = std::shared_ptr<buffer>;

  /// For bytes that somebody waits for: at least `size` bytes, waiting for the budget until `deadline`.
  async::task<result<buffer_ptr>> take(std::size_t size, steady_time deadline);
  /// The same without waiting; null when the budget has not that much left, or others wait for it.
  buffer_ptr try_take(std::size_t size);
  /// For read-ahead: only while a quarter of the budget stays free; else nothing.
  buffer_ptr try_take_ahead(std::size_t size);
  /// Frees the memory kept for reuse.
  void trim();

  std::size_t in_use() const { return budget_.in_use(); }
  std::size_t total() const noexcept { return budget_.total(); }

 private:
  buffer_ptr make(async::budget::share share, std::size_t size);
  void keep(std::unique_ptr<std::byte[]> memory);

  async::budget budget_;
  std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::vector<std::unique_ptr<std::byte[]>> spare_;
};

}  // namespace hdfsmount::hdfs
