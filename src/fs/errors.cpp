#include "fs/errors.hpp"

#include <array>
#include <cerrno>

namespace hdfsmount::fs {
namespace {

class fs_category_impl final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "fs"; }
  std::string message(int value) const override {
    switch (static_cast<fs_errc>(value)) {
      case fs_errc::stale:
        return "file is gone or was replaced";
      case fs_errc::read_only:
        return "mounted read-only";
      case fs_errc::bad_handle:
        return "no such open file";
      case fs_errc::not_directory:
        return "not a directory";
      case fs_errc::is_directory:
        return "is a directory";
      case fs_errc::is_link:
        return "is a symbolic link";
      case fs_errc::not_link:
        return "not a symbolic link";
      case fs_errc::access_denied:
        return "access denied";
      case fs_errc::name_too_long:
        return "name too long";
      case fs_errc::not_found:
        return "no such file or directory";
    }
    return "unknown file system error";
  }
};

/// Requests that change the tree; what safe mode and snapshots refuse.
bool changes(operation op) noexcept {
  switch (op) {
    case operation::lookup:
    case operation::getattr:
    case operation::readlink:
    case operation::access:
    case operation::opendir:
    case operation::readdir:
    case operation::releasedir:
    case operation::open:
    case operation::read:
    case operation::release:
    case operation::statfs:
    case operation::getxattr:
    case operation::listxattr:
      return false;
    default:
      return true;
  }
}

int errno_of_client(errc e) noexcept {
  switch (e) {
    case errc::timed_out:
      return ETIMEDOUT;
    case errc::cancelled:
      return EINTR;
    case errc::unsupported:
      return EOPNOTSUPP;
    case errc::invalid_name:
      return EILSEQ;
    case errc::out_of_memory:
      return ENOMEM;
    case errc::authentication_failed:
      return EACCES;
    case errc::shutting_down:
      return ENOTCONN;  // what the kernel itself says once the mount is gone
    // The network and the servers. ECONNREFUSED, EHOSTUNREACH and the like would be more telling, but programs do not
    // expect them from a file; the log line has the reason.
    case errc::connection_lost:
    case errc::connect_failed:
    case errc::unknown_host:
    case errc::protocol_error:
    case errc::limit_exceeded:
    case errc::checksum_mismatch:
    case errc::no_replica:
    case errc::would_block:
      return EIO;
  }
  return EIO;
}

int errno_of_namenode(namenode_errc e, operation op) noexcept {
  switch (e) {
    case namenode_errc::not_found:
      // An open file that another client deleted: there is no name in the request that could be missing.
      return op == operation::read || op == operation::write || op == operation::flush || op == operation::fsync
                 ? ESTALE
                 : ENOENT;
    case namenode_errc::already_exists:
      return EEXIST;
    case namenode_errc::not_directory:
      return ENOTDIR;
    case namenode_errc::is_directory:
      return EISDIR;
    case namenode_errc::not_empty:
      return ENOTEMPTY;
    case namenode_errc::access_denied:
      // chmod and chown of somebody else's file; POSIX has EACCES there only for the way to it, which was walked
      // before.
      return op == operation::setattr ? EPERM : EACCES;
    case namenode_errc::safe_mode:
      // Safe mode is a read-only name space; a read refused in it lacks block locations.
      return changes(op) ? EROFS : EIO;
    case namenode_errc::unresolved_link:
      // The kernel walks links itself, so a link in the path means that a directory was just replaced by one: ESTALE
      // makes the kernel walk again.
      return ESTALE;
    case namenode_errc::name_too_long:
      return ENAMETOOLONG;
    case namenode_errc::quota_exceeded:
      return EDQUOT;
    case namenode_errc::lease_conflict:
      return EBUSY;
    case namenode_errc::snapshot_error:
      // Removal or renaming of what has snapshots; any other change is one inside a snapshot.
      if (op == operation::rmdir || op == operation::unlink || op == operation::rename) return EBUSY;
      return changes(op) ? EROFS : ENOENT;
    case namenode_errc::invalid_argument:
      return EINVAL;
    case namenode_errc::no_such_method:
      return EOPNOTSUPP;
    case namenode_errc::token_invalid:
    case namenode_errc::unauthorized:
      return EACCES;
    // Retried below until they turned into timed_out; whoever still sees one has no better answer.
    case namenode_errc::standby:
    case namenode_errc::observer_retry:
    case namenode_errc::retriable:
    case namenode_errc::server_error:
      return EIO;
  }
  return EIO;
}

int errno_of_datanode(datanode_errc e) noexcept {
  switch (e) {
    case datanode_errc::unsupported:
      return EOPNOTSUPP;
    // The NameNode allowed the read, so a refused token is a fault of the cluster and not EACCES.
    case datanode_errc::access_token:
    case datanode_errc::refused:
    case datanode_errc::checksum:
    case datanode_errc::restarting:
    case datanode_errc::other:
      return EIO;
  }
  return EIO;
}

int errno_of_fs(fs_errc e) noexcept {
  switch (e) {
    case fs_errc::stale:
      return ESTALE;
    case fs_errc::read_only:
      return EROFS;
    case fs_errc::bad_handle:
      return EBADF;
    case fs_errc::not_directory:
      return ENOTDIR;
    case fs_errc::is_directory:
      return EISDIR;
    case fs_errc::is_link:
      return ELOOP;
    case fs_errc::not_link:
      return EINVAL;
    case fs_errc::access_denied:
      return EACCES;
    case fs_errc::name_too_long:
      return ENAMETOOLONG;
    case fs_errc::not_found:
      return ENOENT;
  }
  return EIO;
}

}  // namespace

const boost::system::error_category& fs_category() noexcept {
  static const fs_category_impl category;
  return category;
}

std::string_view to_string(operation op) noexcept {
  static constexpr std::array<std::string_view, 28> names{
      "lookup",  "getattr", "setattr", "readlink",  "access",   "opendir",  "readdir",   "releasedir", "open",   "read",
      "release", "statfs",  "create",  "mknod",     "mkdir",    "unlink",   "rmdir",     "symlink",    "rename", "link",
      "write",   "flush",   "fsync",   "fallocate", "setxattr", "getxattr", "listxattr", "removexattr"};
  static_assert(names.size() == static_cast<std::size_t>(operation::removexattr) + 1);
  return names.at(static_cast<std::size_t>(op));
}

int errno_of(const error& failure, operation op) noexcept {
  const auto& code = failure.code();
  if (code.category() == client_category()) return errno_of_client(static_cast<errc>(code.value()));
  if (code.category() == namenode_category()) return errno_of_namenode(static_cast<namenode_errc>(code.value()), op);
  if (code.category() == datanode_category()) return errno_of_datanode(static_cast<datanode_errc>(code.value()));
  if (code.category() == fs_category()) return errno_of_fs(static_cast<fs_errc>(code.value()));
  return EIO;
}

}  // namespace hdfsmount::fs
