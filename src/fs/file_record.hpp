#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "fs/attributes.hpp"

namespace hdfsmount::fs {

/// What the NameNode said about one file, in POSIX terms, and when. Never changed, so that pages, caches and inodes
/// share it. The inode number is not in it: it depends on where the file was met.
struct file_record {
  file_record() = default;

  file_id id;               ///< 0: none (`.snapshot`)
  attributes attr;          ///< `ino` is 0
  std::string owner;        ///< HDFS's own name, for access(); attr.uid may be overridden
  std::string link_target;  ///< of a symbolic link
  bool by_path = false;     ///< asked for by its place in the tree, which is thereby confirmed
  steady_time asked;        ///< when the question was sent: says which of two answers is newer
  steady_time received;     ///< when the answer came: time-outs count from here
};

using record_ptr = std::shared_ptr<const file_record>;

}  // namespace hdfsmount::fs
