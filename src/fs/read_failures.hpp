#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"

namespace hdfsmount::fs {

/// Reads that failed a moment ago. When a read of pages fails, the kernel asks for the first page of each waiting
/// reader once more before it tells the program (filemap_read_folio); answered anew, that would double the time the
/// program waits. Thread-safe.
class read_failures {
 public:
  static constexpr milliseconds kept{1000};

  /// A read of [offset, offset + size) of the inode failed.
  void add(inode_id node, std::uint64_t offset, std::size_t size, error why, steady_time now);
  /// Why a read at `offset` need not be tried now.
  std::optional<error> find(inode_id node, std::uint64_t offset, steady_time now);

 private:
  struct failure {
    inode_id node;
    std::uint64_t begin;
    std::uint64_t end;
    error why;
    steady_time until;
  };
  static constexpr std::size_t most = 4096;

  std::mutex mutex_;              // leaf
  std::deque<failure> failures_;  // in order of `until`
};

}  // namespace hdfsmount::fs
