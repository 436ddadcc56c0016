#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "fs/open_directory.hpp"
#include "fs/open_file.hpp"
#include "fs/request.hpp"

namespace hdfsmount::fs {

/// Every open file and directory. Thread-safe.
class handle_table {
 public:
  handle_id add(std::shared_ptr<open_file> file);
  handle_id add(std::shared_ptr<open_directory> directory);

  std::shared_ptr<open_file> file(handle_id handle) const;
  std::shared_ptr<open_directory> directory(handle_id handle) const;
  /// Every open file of one inode.
  std::vector<std::shared_ptr<open_file>> files_of(inode_id node) const;

  /// Takes the handle out; nothing when there is none.
  std::shared_ptr<open_file> take_file(handle_id handle);
  std::shared_ptr<open_directory> take_directory(handle_id handle);
  std::vector<std::shared_ptr<open_file>> take_all_files();

  std::size_t files() const;
  std::size_t directories() const;

 private:
  mutable std::mutex mutex_;  // leaf
  std::uint64_t next_ = 1;
  std::unordered_map<handle_id, std::shared_ptr<open_file>> files_;
  std::unordered_map<handle_id, std::shared_ptr<open_directory>> directories_;
  std::unordered_multimap<inode_id, std::shared_ptr<open_file>> by_inode_;
};

}  // namespace hdfsmount::fs
