#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace hdfsmount::fs {

/// What this layer itself decides, without asking HDFS.
enum class fs_errc {
  stale = 1,      ///< the inode is gone, or was replaced by another file of the same name
  read_only,      ///< the request would change something
  bad_handle,     ///< no such open file or directory (released, or of another kind)
  not_directory,  ///< a directory was needed
  is_directory,   ///< a file was needed
  is_link,        ///< a symbolic link was to be opened
  not_link,       ///< readlink of something else
  access_denied,  ///< the mode bits refuse it
  name_too_long,  ///< over 255 bytes
  not_found,      ///< no such name, known without asking
};

const boost::system::error_category& fs_category() noexcept;

inline boost::system::error_code make_error_code(fs_errc e) noexcept {
  return {static_cast<int>(e), fs_category()};
}

}  // namespace hdfsmount::fs

namespace boost::system {
template <>
struct is_error_code_enum<hdfsmount::fs::fs_errc> : std::true_type {};
}  // namespace boost::system

namespace hdfsmount::fs {

inline error make_error(fs_errc e) {
  return error(make_error_code(e));
}

/// The system call's side of a request: what log lines call it, and what the error table needs to know of it.
enum class operation : std::uint8_t {
  lookup,
  getattr,
  setattr,
  readlink,
  access,
  opendir,
  readdir,
  releasedir,
  open,
  read,
  release,
  statfs,
  create,
  mknod,
  mkdir,
  unlink,
  rmdir,
  symlink,
  rename,
  link,
  write,
  flush,
  fsync,
  fallocate,
  setxattr,
  getxattr,
  listxattr,
  removexattr,
};

std::string_view to_string(operation op) noexcept;

/// The errno a program sees for `failure` of `op`; the only place where errors become errno. Total: never 0, EIO for
/// what it does not know.
int errno_of(const error& failure, operation op) noexcept;

}  // namespace hdfsmount::fs
