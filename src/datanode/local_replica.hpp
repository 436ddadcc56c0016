#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "datanode/shared_segment.hpp"
#include "net/stream.hpp"

namespace hdfsmount::datanode {

/// The slot that speaks for one passed replica; given back when this is destroyed.
class replica_slot {
 public:
  /// Called once, from any thread, when nobody uses the slot any more.
  using give_back = std::function<void(const std::shared_ptr<shared_segment>&, std::uint32_t index)>;

  replica_slot() = default;
  replica_slot(std::shared_ptr<shared_segment> segment, std::uint32_t index, give_back back)
      : segment_(std::move(segment)), index_(index), back_(std::move(back)) {}
  replica_slot(replica_slot&& other) noexcept
      : segment_(std::move(other.segment_)), index_(other.index_), back_(std::move(other.back_)) {
    other.segment_.reset();
  }
  replica_slot& operator=(replica_slot&&) = delete;
  ~replica_slot() {
    if (segment_) back_(segment_, index_);
  }

  explicit operator bool() const noexcept { return segment_ != nullptr; }
  bool valid() const noexcept { return segment_->valid(index_); }
  bool try_anchor() noexcept { return segment_->try_anchor(index_); }
  void unanchor() noexcept { segment_->unanchor(index_); }
  wire::slot_id id() const noexcept { return segment_->slot(index_); }
  /// The DataNode never knew of it or has forgotten it: it is free again at once.
  void forget() {
    if (segment_) segment_->free(index_);
    segment_.reset();
  }

 private:
  std::shared_ptr<shared_segment> segment_;
  std::uint32_t index_ = 0;
  give_back back_;
};

/// A finalized replica on this machine as two open files: data and checksums. Bytes are read with pread(2) and checked
/// chunk by chunk; never mapped, because a file that is cut short would then kill the process. Thread-safe.
/// (BlockReaderLocal, ShortCircuitReplica)
class local_replica {
 public:
  /// `none`: only what is in the page cache, without waiting for a disk.
  enum class patience { none, disk };
  enum class checking { checksums, nothing };
  /// Where its files came from.
  enum class origin { datanode, directory };

  /// `length` is what the NameNode says of the block. Null with patience::none: the disk has to be waited for, and the
  /// files are untouched. Errors: errc::unsupported for a kind of checksums or files that cannot be read here;
  /// datanode_errc::refused when the files are not those of a block of that length.
  static result<std::shared_ptr<local_replica>> open(std::shared_ptr<net::descriptor> data,
                                                     std::shared_ptr<net::descriptor> checksums, std::uint64_t length,
                                                     patience how);

  std::uint64_t length() const noexcept { return length_; }
  /// Bytes of a chunk: reads that are checked begin at a chunk and end at one, or at the end of the block.
  std::size_t chunk() const noexcept { return chunk_; }
  /// Whether `checking::checksums` finds anything to check.
  bool has_checksums() const noexcept { return kind_ != wire::checksum_kind::null; }

  /// Fills `into` from `offset`; the range lies within the block and, when checked, on chunks. False with
  /// patience::none: the disk has to be waited for. errc::checksum_mismatch; datanode_errc::other when the files cannot
  /// be read.
  result<bool> read(std::uint64_t offset, net::mutable_byte_span into, patience how, checking what) const;
  /// Tells the kernel that [offset, offset + size) will be read. May wait for the disk.
  void will_need(std::uint64_t offset, std::uint64_t size) const noexcept;

  /// Before anybody else knows of the replica.
  void set_origin(origin where) noexcept { origin_ = where; }
  origin opened_from() const noexcept { return origin_; }

  /// Takes the slot over. Before anybody else knows of the replica.
  void set_slot(std::unique_ptr<replica_slot> slot) noexcept { slot_ = std::move(slot); }
  /// Whether the DataNode still answers for the replica; always true without a slot.
  bool current() const noexcept { return !slot_ || slot_->valid(); }
  bool has_slot() const noexcept { return slot_ != nullptr; }
  bool try_anchor() const noexcept { return slot_ && slot_->try_anchor(); }
  void unanchor() const noexcept { slot_->unanchor(); }

  void set_last_used(steady_time when) const noexcept { last_used_.store(when, std::memory_order_relaxed); }
  steady_time last_used() const noexcept { return last_used_.load(std::memory_order_relaxed); }

 private:
  local_replica(std::shared_ptr<net::descriptor> data, std::shared_ptr<net::descriptor> checksums,
                std::uint64_t length);
  result<bool> load_checksums(patience how);
  std::uint64_t checksums_size() const noexcept;
  result<bool> fill(int file, std::uint64_t offset, net::mutable_byte_span into, patience how) const;
  result<bool> checksums_of(std::uint64_t offset, std::size_t size, patience how, byte_span& out) const;

  const std::shared_ptr<net::descriptor> data_;
  const std::shared_ptr<net::descriptor> checksums_;
  const std::uint64_t length_;
  wire::checksum_kind kind_ = wire::checksum_kind::null;
  std::size_t chunk_ = 512;
  std::vector<std::byte> kept_;      // all checksums of a small block
  std::vector<std::byte> last_sum_;  // of a last chunk that is not whole, which an append would change
  origin origin_ = origin::datanode;
  std::unique_ptr<replica_slot> slot_;
  mutable std::atomic<bool> always_waits_ = false;  // the file system does not say what is in the page cache
  mutable std::atomic<steady_time> last_used_{};
};

}  // namespace hdfsmount::datanode
