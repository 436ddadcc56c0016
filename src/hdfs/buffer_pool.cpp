#include "hdfs/buffer_pool.hpp"

#include <algorithm>

namespace hdfsmount::hdfs {
namespace {

constexpr std::size_t most_spare = 16;

}  // namespace

buffer_pool::buffer::~buffer() {
  if (size_ == usual_size) pool_->keep(std::move(memory_));
}

async::task<result<buffer_pool::buffer_ptr>> buffer_pool::take(std::size_t size, steady_time deadline) {
  auto share = co_await budget_.take(size, deadline);
  if (!share) co_return share.error().with_context("memory for reading");
  co_return make(std::move(*share), size);
}

buffer_pool::buffer_ptr buffer_pool::try_take(std::size_t size) {
  auto share = budget_.try_take(size);
  return share ? make(std::move(share), size) : nullptr;
}

buffer_pool::buffer_ptr buffer_pool::try_take_ahead(std::size_t size) {
  if (budget_.in_use() + size > budget_.total() / 4 * 3) return nullptr;
  auto share = budget_.try_take(size);
  return share ? make(std::move(share), size) : nullptr;
}

buffer_pool::buffer_ptr buffer_pool::make(async::budget::share share, std::size_t size) {
  buffer_ptr out(new buffer);
  out->pool_ = shared_from_this();
  out->share_ = std::move(share);
  out->size_ = size;
  if (size == usual_size) {
    const std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      out->memory_ = std::move(spare_.back());
      spare_.pop_back();
      return out;
    }
  }
  out->memory_ = std::make_unique_for_overwrite<std::byte[]>(size);
  return out;
}

void buffer_pool::keep(std::unique_ptr<std::byte[]> memory) {
  const std::lock_guard lock(mutex_);
  if (spare_.size() < most_spare) spare_.push_back(std::move(memory));
}

void buffer_pool::trim() {
  std::vector<std::unique_ptr<std::byte[]>> freed;
  const std::lock_guard lock(mutex_);
  freed.swap(spare_);
}

}  // namespace hdfsmount::hdfs
