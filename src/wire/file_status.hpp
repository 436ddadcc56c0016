#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "wire/located_block.hpp"

namespace hdfsmount::wire {

enum class file_type : std::uint8_t { file, directory, symlink };

/// What the NameNode says of one name. Times are milliseconds since 1970 and may be negative. Everything but the
/// numbers is the server's word: untrusted text.
struct file_status {
  file_status() = default;

  file_type type = file_type::file;
  /// Name within its directory as bytes: in a page never ".", "..", never with '/' or NUL. Empty in the answer to
  /// getFileInfo, and in a "listing" of something that is not a directory.
  std::string name;
  std::uint64_t length = 0;       ///< bytes, without a last block under construction
  std::uint16_t permissions = 0;  ///< the nine rwx bits and the sticky bit (01000); HDFS has no others
  std::string owner;
  std::string group;
  std::int64_t mtime_ms = 0;
  std::int64_t atime_ms = 0;  ///< 0 for directories, and where the NameNode keeps no access times
  std::string symlink_target;
  std::uint16_t replication = 0;  ///< 0 for directories
  std::uint64_t block_size = 0;   ///< preferred, bytes; 0 for directories
  file_id id;                     ///< 0: none (`.snapshot` directories)
  std::optional<std::uint32_t> children_count;
  bool has_acl = false;
  bool encrypted = false;
  bool erasure_coded = false;
  bool snapshot_enabled = false;  ///< a directory of which snapshots may be taken
  /// Only when a listing was asked for locations. They authorise nothing and carry no tokens; shared, so copies are
  /// cheap.
  std::shared_ptr<const located_blocks> locations;

  bool is_directory() const noexcept { return type == file_type::directory; }
};

/// Part of a directory, in the NameNode's order (by the bytes of the names).
struct directory_page {
  directory_page() = default;

  std::vector<file_status> entries;
  /// Names after this page as far as the NameNode knows; with more to come, `entries` is not empty and the name of its
  /// last entry is where the next page starts.
  std::uint32_t remaining = 0;
};

}  // namespace hdfsmount::wire
