#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/caller.hpp"
#include "base/cursor.hpp"
#include "wire/model.hpp"

/// HDFS as the file system layer sees it: paths, statuses and byte ranges; no POSIX, no FUSE, no protocol. fs/ includes
/// this header only, and its tests put a fake behind it.
namespace hdfsmount::hdfs {

/// A part of a buffer that stays valid as long as `owner` lives.
struct pinned_bytes {
  pinned_bytes(std::shared_ptr<const void> owner_, byte_span bytes_) : owner(std::move(owner_)), bytes(bytes_) {}
  std::shared_ptr<const void> owner;
  byte_span bytes;
};

/// Consecutive bytes of a file, in one or more pieces that need no copy before they are sent on.
struct read_data {
  std::vector<pinned_bytes> pieces;
  std::size_t size() const noexcept {
    std::size_t sum = 0;
    for (const auto& piece : pieces) sum += piece.bytes.size();
    return sum;
  }
};

/// One open file for reading: located blocks, read-ahead, replicas. Acts as the caller who opened it. Thread-safe: the
/// kernel sends several reads of one handle at a time.
class input_stream {
 public:
  virtual ~input_stream() = default;

  /// Answers from memory (read-ahead) without waiting, or nothing. Callable from any thread, outside a task.
  virtual std::optional<read_data> try_read(std::uint64_t offset, std::size_t size) = 0;
  /// Exactly `size` bytes, fewer only at the end of the file, none past it. Every byte has passed its checksum where
  /// the replica has checksums. Errors: errc::no_replica and whatever the NameNode says.
  virtual async::task<result<read_data>> read(call_context context, std::uint64_t offset, std::size_t size) = 0;

  /// When the blocks were located for the open: a moment before, or up to an attribute time-out when that was done
  /// ahead.
  virtual steady_time opened() const = 0;
  /// Length as known now: for a file being written the last block's visible length when last asked.
  virtual std::uint64_t length() const = 0;
  /// Changes when the blocks located at the open are others than at an earlier open of the same file: appended,
  /// truncated, rewritten in place. (block ids, generation stamps and lengths)
  virtual std::uint64_t content_version() const = 0;
  /// Whether the file was being written when its blocks were last located.
  virtual bool under_construction() const = 0;
  /// Asks the NameNode (and the last block's DataNodes) for the current length; learns of appended bytes. Identical
  /// requests in flight are made once. `at_least`: what somebody has seen of the file. DataNodes learn one after the
  /// other that bytes of a block that is being written may be shown, so one that knows of fewer is not believed before
  /// the others.
  virtual async::task<result<std::uint64_t>> refresh_length(call_context context, std::uint64_t at_least) = 0;
  /// Stops read-ahead and gives its memory and connections back. Waits for nothing; a read in progress may end with
  /// errc::cancelled. No call may follow.
  virtual void close() noexcept = 0;
};

/// What to open. `path` is what the NameNode is asked for during the whole life of the stream, so for a live file it is
/// the inode path, which follows renames; `name` is what log lines call it.
struct open_request {
  open_request(std::string path_, std::string name_) : path(std::move(path_)), name(std::move(name_)) {}
  std::string path;
  std::string name;
};

/// One name space of HDFS. Thread-safe. Every call is made as `context.who`, ends by `context.deadline`
/// (errc::timed_out), and ends with errc::cancelled when its task is cancelled. Retries and failover happen below.
/// Paths are absolute, in HDFS's own name space, valid UTF-8.
class client {
 public:
  virtual ~client() = default;

  /// The file, directory or symbolic link itself (the last link is not followed); namenode_errc::not_found when there
  /// is none. (getFileInfo, getFileLinkInfo)
  virtual async::task<result<wire::file_status>> get_status(call_context context, std::string path) = 0;
  /// The names after `start_after` (empty: from the beginning), in the NameNode's order; not_found when the directory
  /// is gone. (getListing)
  virtual async::task<result<wire::directory_page>> list(call_context context, std::string path,
                                                         std::string start_after) = 0;
  virtual async::task<result<std::string>> get_link_target(call_context context, std::string path) = 0;
  virtual async::task<result<wire::fs_stats>> get_stats(call_context context) = 0;
  virtual async::task<result<wire::server_defaults>> get_server_defaults(call_context context) = 0;

  /// Decides by getBlockLocations whether the caller may read. errc::unsupported, with the reason in its detail, for
  /// files this version cannot read (erasure-coded, encrypted).
  virtual async::task<result<std::shared_ptr<input_stream>>> open(call_context context, open_request what) = 0;
  /// The file if it was opened ahead for this user, at once; else null.
  virtual std::shared_ptr<input_stream> try_open(const call_context& context, const open_request& what) = 0;
  /// The same user will probably open this file in a moment: begins with it, in the background.
  virtual void open_ahead(call_context context, open_request what) = 0;
};

}  // namespace hdfsmount::hdfs
