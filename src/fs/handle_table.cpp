#include "fs/handle_table.hpp"

#include <utility>

namespace hdfsmount::fs {

handle_id handle_table::add(std::shared_ptr<open_file> file) {
  const std::lock_guard lock(mutex_);
  const handle_id handle{next_++};
  by_inode_.emplace(file->node(), file);
  files_.emplace(handle, std::move(file));
  return handle;
}

handle_id handle_table::add(std::shared_ptr<open_directory> directory) {
  const std::lock_guard lock(mutex_);
  const handle_id handle{next_++};
  directories_.emplace(handle, std::move(directory));
  return handle;
}

std::shared_ptr<open_file> handle_table::file(handle_id handle) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(handle);
  return found == files_.end() ? nullptr : found->second;
}

std::shared_ptr<open_directory> handle_table::directory(handle_id handle) const {
  const std::lock_guard lock(mutex_);
  const auto found = directories_.find(handle);
  return found == directories_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<open_file>> handle_table::files_of(inode_id node) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<open_file>> out;
  const auto [begin, end] = by_inode_.equal_range(node);
  for (auto it = begin; it != end; ++it) out.push_back(it->second);
  return out;
}

std::shared_ptr<open_file> handle_table::take_file(handle_id handle) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(handle);
  if (found == files_.end()) return nullptr;
  auto file = std::move(found->second);
  files_.erase(found);
  const auto [begin, end] = by_inode_.equal_range(file->node());
  for (auto it = begin; it != end; ++it) {
    if (it->second != file) continue;
    by_inode_.erase(it);
    break;
  }
  return file;
}

std::shared_ptr<open_directory> handle_table::take_directory(handle_id handle) {
  const std::lock_guard lock(mutex_);
  const auto found = directories_.find(handle);
  if (found == directories_.end()) return nullptr;
  auto directory = std::move(found->second);
  directories_.erase(found);
  return directory;
}

std::vector<std::shared_ptr<open_file>> handle_table::take_all_files() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<open_file>> out;
  for (auto& [handle, file] : files_) out.push_back(std::move(file));
  files_.clear();
  by_inode_.clear();
  directories_.clear();
  return out;
}

std::size_t handle_table::files() const {
  const std::lock_guard lock(mutex_);
  return files_.size();
}

std::size_t handle_table::directories() const {
  const std::lock_guard lock(mutex_);
  return directories_.size();
}

}  // namespace hdfsmount::fs
