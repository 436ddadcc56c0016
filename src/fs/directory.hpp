#pragma once

#include <memory>
#include <span>
#include <string>

#include "fs/file_record.hpp"

namespace hdfsmount::fs {

/// One name of an open directory. Owned by the page it came with.
struct directory_entry {
  directory_entry() = default;

  std::string name;
  std::uint64_t next = 0;  ///< d_off: the offset at which the entry after this one is asked for
  std::uint64_t ino = 0;
  file_type type = file_type::regular;
  record_ptr record;  ///< nothing for "." and ".."
};

/// Consecutive entries of an open directory; valid as long as `owner` is kept, whatever happens to the handle.
struct directory_slice {
  directory_slice() = default;
  directory_slice(std::shared_ptr<const void> owner_, std::span<const directory_entry> entries_)
      : owner(std::move(owner_)), entries(entries_) {}

  std::shared_ptr<const void> owner;
  std::span<const directory_entry> entries;  ///< empty: the end of the directory
};

}  // namespace hdfsmount::fs
