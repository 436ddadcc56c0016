#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/caller.hpp"
#include "fs/directory.hpp"

namespace hdfsmount::fs {

/// One page of an open directory with the ordinals of its entries. "." is 0, ".." 1, names from 2 on.
struct numbered_page {
  numbered_page() = default;

  std::uint64_t first = 0;
  std::vector<directory_entry> entries;
  bool last = true;  ///< nothing follows
  bool by_path = false;
  steady_time received;

  std::uint64_t end() const noexcept { return first + entries.size(); }
};

/// The reading position of one directory handle, without I/O: which page holds an offset, and what to ask for when none
/// does. Keeps the current page and where every page seen so far begins, so that seeking back costs one call. A page
/// asked for again after changes in the directory gives the ordinals after it anew; names are neither lost nor repeated
/// while reading goes forward. Thread-safe.
class open_directory {
 public:
  open_directory(inode_id node, caller who) : node_(node), who_(std::move(who)) {}

  inode_id node() const noexcept { return node_; }
  const caller& who() const noexcept { return who_; }

  /// The entries from `offset` on, when they are at hand. Offset 0 begins again: its page serves only once, and only
  /// until `stale_before` lies past its arrival.
  std::optional<directory_slice> slice(std::uint64_t offset, steady_time stale_before);

  struct plan {
    plan() = default;
    std::uint64_t first = 0;
    std::string start_after;
  };
  /// The page to ask for next in order to get to `offset`.
  plan page_for(std::uint64_t offset) const;
  /// `read`: its reader has it already.
  void accept(std::shared_ptr<const numbered_page> page, bool read);

  /// The entries of `page` from `offset` on; nothing when it ends before and is not the last.
  static std::optional<directory_slice> cut(const std::shared_ptr<const numbered_page>& page, std::uint64_t offset);

 private:
  const inode_id node_;
  const caller who_;
  mutable std::mutex mutex_;  // leaf
  std::vector<plan> starts_{1};
  std::shared_ptr<const numbered_page> page_;
  bool fresh_ = false;  ///< the first page has not been read from its beginning
};

}  // namespace hdfsmount::fs
