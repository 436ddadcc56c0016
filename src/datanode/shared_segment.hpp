#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "net/descriptor.hpp"
#include "wire/short_circuit.hpp"

namespace hdfsmount::datanode {

/// A shared memory segment that a DataNode made for this client, full of slots. The client chooses a free slot for each
/// replica that it asks for; the DataNode answers for the replica there. Thread-safe. (ShortCircuitShm, DfsClientShm)
class shared_segment {
 public:
  /// Maps `file`. errc::protocol_error when it has no room for a slot, or far more than a DataNode makes.
  static result<std::shared_ptr<shared_segment>> map(wire::segment_id id, const net::descriptor& file);
  ~shared_segment();
  shared_segment(const shared_segment&) = delete;
  shared_segment& operator=(const shared_segment&) = delete;

  /// A free slot, marked valid; nothing when all are taken or the segment is lost.
  std::optional<std::uint32_t> take();
  /// The DataNode does not use the slot any more.
  void free(std::uint32_t index);

  bool valid(std::uint32_t index) const noexcept;
  /// True: the replica stays locked in the DataNode's memory until unanchor(), and needs no checksums.
  bool try_anchor(std::uint32_t index) noexcept;
  void unanchor(std::uint32_t index) noexcept;

  /// The connection that the segment came over has ended: the DataNode looks after its slots no longer.
  void lose() noexcept { lost_ = true; }
  bool lost() const noexcept { return lost_; }
  wire::slot_id slot(std::uint32_t index) const noexcept { return {id_, index}; }

 private:
  shared_segment(wire::segment_id id, void* memory, std::size_t size);
  std::atomic_ref<std::uint64_t> word(std::uint32_t index) const noexcept;

  const wire::segment_id id_;
  void* const memory_;
  const std::size_t size_;
  std::atomic<bool> lost_ = false;
  std::mutex mutex_;         // leaf: nothing else is locked while it is held
  std::vector<bool> taken_;  // by slot
};

}  // namespace hdfsmount::datanode
