#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/metrics.hpp"
#include "fs/attributes.hpp"
#include "fs/directory.hpp"
#include "fs/identities.hpp"
#include "fs/options.hpp"
#include "fs/request.hpp"
#include "hdfs/client.hpp"

/// POSIX semantics over hdfs::client, free of FUSE.
///
/// An inode is known by (HDFS file id, scope): the scope is the live tree, one snapshot, or a reserved tree, so that a
/// file and its snapshot copies, which share one id, are different inodes. The kernel's nodeids are keys of the inode
/// table. What the NameNode said is kept for the attribute and entry time-outs, which count from the moment the
/// question was sent, so what the kernel is allowed to keep is what is left of them. Locks are leaves (none is held
/// while another is taken or across a co_await). docs/semantics.md says what programs see.
namespace hdfsmount::fs {

/// A name that leads to an inode. Returned by lookup() and remember(): each one with a node counts as one look-up
/// that the kernel gives back by forget().
struct entry {
  inode_id node{};  ///< 0: the name does not exist, and that may be kept for `entry_timeout`
  std::uint64_t generation = 0;
  attributes attr;
  milliseconds attr_timeout{0};  ///< how long the kernel may keep `attr`
  milliseconds entry_timeout{0};
};

struct attribute_reply {
  attributes attr;
  milliseconds attr_timeout{0};
};

struct opened_file {
  handle_id handle{};
  bool keep_cache = false;  ///< the content is what it was at the last open: pages in the kernel's cache stay good
  /// The file is being written: its length is known better here than to the kernel, which therefore must not cut reads
  /// off at the one it has.
  bool direct_io = false;
};

/// statvfs(3), in units of `block_size` bytes.
struct statistics {
  std::uint64_t block_size = 0;
  std::uint64_t blocks = 0;
  std::uint64_t free = 0;
  std::uint64_t available = 0;
  std::uint32_t name_max = 255;
};

struct forgotten {
  inode_id node;
  std::uint64_t count;
};

/// Every member is callable from any thread. Tasks own their arguments, and end by the request's deadline
/// (errc::timed_out) or soon after they are cancelled (errc::cancelled). Members named try_ answer at once from memory
/// or return nothing: they never wait and may be called outside a task.
class file_system {
 public:
  /// Everything referred to must outlive the file system.
  file_system(hdfs::client& hdfs, identities& names, const clock_source& clock, logger& log, metrics& numbers,
              options settings);
  ~file_system();

  /// Asks for the root, which must be a directory. To be done once, before any other call.
  async::task<result<void>> start(call_context context);
  /// Closes every open file. Later calls fail with errc::shutting_down; reads in progress end as soon as they are
  /// cancelled.
  void shutdown() noexcept;

  /// On success the look-up count of the entry's inode (if it has one) was raised by one: give it back by forget() when
  /// the reply does not reach the kernel.
  async::task<result<entry>> lookup(request asked, inode_id parent, std::string name);
  /// Also answers what needs no question: names that HDFS cannot hold.
  std::optional<result<entry>> try_lookup(const request& asked, inode_id parent, std::string_view name);
  void forget(inode_id node, std::uint64_t count) noexcept;
  void forget(std::span<const forgotten> batch) noexcept;

  async::task<result<attribute_reply>> getattr(request asked, inode_id node, std::optional<handle_id> handle);
  std::optional<result<attribute_reply>> try_getattr(const request& asked, inode_id node,
                                                     std::optional<handle_id> handle);
  async::task<result<std::string>> readlink(request asked, inode_id node);
  /// `mask` as in access(2). For mounts where the kernel does not check permissions itself.
  async::task<result<void>> access(request asked, inode_id node, int mask);

  /// Fetches the first page, so that a directory that may not be read fails here.
  async::task<result<handle_id>> opendir(request asked, inode_id node);
  /// The entries from `offset` on, as many as are at hand but at least one; none: the end. 0 lists afresh, any other
  /// offset is the `next` of an entry of this handle.
  async::task<result<directory_slice>> readdir(request asked, handle_id handle, std::uint64_t offset);
  std::optional<result<directory_slice>> try_readdir(const request& asked, handle_id handle, std::uint64_t offset);
  /// Makes an entry of a slice known to the kernel (readdirplus), raising its look-up count by one: call it only for
  /// entries that fit into the reply, and forget() them if the reply is not delivered. `.` and `..` get node 0 and
  /// count nothing.
  entry remember(handle_id handle, const directory_entry& listed);
  void releasedir(handle_id handle) noexcept;

  /// `flags` as in open(2). Only for reading: anything else is fs_errc::read_only.
  async::task<result<opened_file>> open(request asked, inode_id node, int flags);
  std::optional<result<opened_file>> try_open(const request& asked, inode_id node, int flags);
  /// Acts as the caller of the open. Fewer bytes than asked for only at the end of the file.
  async::task<result<hdfs::read_data>> read(request asked, handle_id handle, std::uint64_t offset, std::size_t size);
  std::optional<result<hdfs::read_data>> try_read(const request& asked, handle_id handle, std::uint64_t offset,
                                                  std::size_t size);
  /// The stream is closed when the last read of the handle has ended.
  void release(handle_id handle) noexcept;

  async::task<result<statistics>> statfs(request asked);

  /// The answer to every request that would change something (all but open, which looks at its flags).
  error refuse_change() const;

  /// The errno for a failed request. Writes the one log line about it: request id, operation, inode, path, user, error;
  /// at warning level when a person should look at it, else at debug level. `name` is the entry within `node`, if any.
  int report(const request& asked, inode_id node, std::string_view name, const error& failure);

  struct counts {
    std::size_t inodes;     ///< in the table, the root included
    std::uint64_t lookups;  ///< sum of look-up counts, the root's not included
    std::size_t open_files;
    std::size_t open_directories;
    std::size_t cached_entries;
  };
  counts count() const;

  const options& settings() const noexcept { return settings_; }

 private:
  result<hdfs::open_request> request_to_open(inode_id node, int flags) const;
  result<opened_file> hand_over(const caller& who, inode_id node, std::shared_ptr<hdfs::input_stream> stream,
                                steady_time begun);

  struct parts;
  const options settings_;
  std::unique_ptr<parts> parts_;
};

}  // namespace hdfsmount::fs
