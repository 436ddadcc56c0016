#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fs/open_directory.hpp"

namespace hdfsmount::fs {

/// Recognises programs that take the names of a directory in the order of its listing (find, ls -l, tar, cp -r), so
/// that what they ask next is asked for in pages and not name by name, and files are opened ahead. Remembers the order
/// of the pages listed last. Thread-safe.
class directory_scans {
 public:
  /// At most so many names are remembered, and a page more; those of the directory listed longest ago go first.
  explicit directory_scans(std::size_t limit) : limit_(limit) {}

  /// The reader of `directory` got this page.
  void listed(inode_id directory, std::shared_ptr<const numbered_page> page);

  /// What the cache knows of `name` is out of date. When that follows others asked in order: the name after which
  /// listing anew tells of this one and of those that come next. The caller then does so, and tells by renewed();
  /// until then nobody else is asked to.
  std::optional<std::string> look_up(inode_id directory, std::string_view name);
  /// A file is opened. When that follows others opened in order: the files that will come next and were not named yet.
  std::vector<directory_entry> open(inode_id directory, std::string_view name);

  /// So many names, from the one looked up on, are known again; 0 when that failed, and is not to be tried again.
  void renewed(inode_id directory, std::size_t count);

 private:
  struct cursor {
    /// Whether the name at `place` follows others in order.
    bool advance(std::uint64_t place);
    std::uint64_t at = 0;       // ordinal of the last name; 0: none
    std::uint64_t next_by = 0;  // up to here the next one is in order
    int in_order = 0;           // how many were, one after the other
  };
  struct scan {
    std::vector<std::shared_ptr<const numbered_page>> pages;     // ascending; not necessarily all
    std::unordered_map<std::string_view, std::uint64_t> places;  // ordinal by name; built when first needed
    std::size_t names = 0;
    cursor looked_up;
    cursor opened;
    std::uint64_t ahead = 0;     // how many files behind the last one opened are named
    std::uint64_t named_to = 0;  // up to here
    bool renewing = false;
    std::list<inode_id>::iterator age;
  };
  void forget(inode_id directory);
  scan* find(inode_id directory, std::string_view name, std::uint64_t& place);
  static void index(scan& of);
  static const directory_entry* entry_at(const scan& of, std::uint64_t place);

  const std::size_t limit_;
  std::mutex mutex_;  // leaf
  std::size_t names_ = 0;
  std::list<inode_id> by_age_;  // the directory listed longest ago first
  std::unordered_map<inode_id, scan> scans_;
};

}  // namespace hdfsmount::fs
