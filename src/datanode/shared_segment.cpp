#include "datanode/shared_segment.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>

namespace hdfsmount::datanode {
namespace {

constexpr std::size_t largest_segment = 1024 * 1024;  // DataNodes make 8 KiB

}  // namespace

result<std::shared_ptr<shared_segment>> shared_segment::map(wire::segment_id id, const net::descriptor& file) {
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return error(errc::protocol_error, "a shared memory segment that is no file");
  const auto size = static_cast<std::size_t>(std::max<off_t>(found.st_size, 0));
  if (!S_ISREG(found.st_mode) || size < wire::slot_size || size > largest_segment)
    return error(errc::protocol_error, fmt::format("a shared memory segment of {} bytes", size));
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) return error(errc::protocol_error, "a shared memory segment that cannot be mapped");
  return std::shared_ptr<shared_segment>(new shared_segment(id, memory, size));
}

shared_segment::shared_segment(wire::segment_id id, void* memory, std::size_t size)
    : id_(id), memory_(memory), size_(size), taken_(size / wire::slot_size) {}

shared_segment::~shared_segment() {
  ::munmap(memory_, size_);
}

std::atomic_ref<std::uint64_t> shared_segment::word(std::uint32_t index) const noexcept {
  auto* at = static_cast<std::byte*>(memory_) + index * wire::slot_size;
  return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(at));
}

std::optional<std::uint32_t> shared_segment::take() {
  const std::lock_guard lock(mutex_);
  if (lost_) return std::nullopt;
  const auto found = std::find(taken_.begin(), taken_.end(), false);
  if (found == taken_.end()) return std::nullopt;
  *found = true;
  const auto index = static_cast<std::uint32_t>(found - taken_.begin());
  word(index).store(wire::slot_valid);
  return index;
}

void shared_segment::free(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  word(index).store(0);
  taken_[index] = false;
}

bool shared_segment::valid(std::uint32_t index) const noexcept {
  return !lost_.load(std::memory_order_relaxed) && (word(index).load() & wire::slot_valid) != 0;
}

bool shared_segment::try_anchor(std::uint32_t index) noexcept {
  const auto here = word(index);
  auto seen = here.load();
  do {
    constexpr auto needed = wire::slot_valid | wire::slot_anchorable;
    if (lost_ || (seen & needed) != needed || (seen & wire::slot_anchors) == wire::slot_anchors) return false;
  } while (!here.compare_exchange_weak(seen, seen + 1));
  return true;
}

void shared_segment::unanchor(std::uint32_t index) noexcept {
  const auto here = word(index);
  auto seen = here.load();
  while ((seen & wire::slot_anchors) != 0 && !here.compare_exchange_weak(seen, seen - 1)) {
  }
}

}  // namespace hdfsmount::datanode
