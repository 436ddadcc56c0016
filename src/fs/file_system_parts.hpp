#pragma once

#include <atomic>
#include <mutex>

#include "async/single_flight.hpp"
#include "base/line_limiter.hpp"
#include "fs/directory_scans.hpp"
#include "fs/entry_cache.hpp"
#include "fs/file_system.hpp"
#include "fs/handle_table.hpp"
#include "fs/inode_table.hpp"
#include "fs/read_failures.hpp"
#include "fs/record_source.hpp"

namespace hdfsmount::fs {

/// The inside of file_system: its tables and what several operations need.
struct file_system::parts {
  parts(hdfs::client& hdfs_, identities& names, const clock_source& clock_, logger& log_, metrics& numbers,
        const options& settings_);

  /// Attributes as they are shown now, and how long they hold.
  struct shown_attributes {
    attributes attr;
    milliseconds timeout;
  };

  milliseconds remaining(steady_time received, milliseconds timeout) const;
  bool is_fresh(const record_ptr& record) const;
  /// With the inode's number and, where files of it are open, the length that they know.
  shown_attributes show(const inode_view& view);
  /// Makes the name known to the kernel: one look-up more.
  result<entry> enter(inode_id parent, std::string_view name, const record_ptr& record);
  entry missing(milliseconds timeout) const;

  /// The inode with a record no older than the attribute time-out.
  async::task<result<inode_view>> current(call_context context, inode_id node);
  /// Asks for an inode by path while that is known to lead to it, else by id; fs_errc::stale when it is gone.
  async::task<result<record_ptr>> ask_for(call_context context, inode_view view);
  /// `.snapshot` has no attributes of its own: it gets those of its directory, without write permission.
  record_ptr dressed(inode_id parent, std::string_view name, const record_ptr& record) const;
  /// Whatever is remembered about the place of this inode is wrong.
  void misplaced(inode_id node);

  /// An open file of the inode whose length has to be asked for again before it is shown.
  std::shared_ptr<open_file> length_due(inode_id node) const;
  /// Errors other than running out of time leave the length as known so far, unless more has been shown already.
  async::task<result<void>> refresh_length(call_context context, std::shared_ptr<open_file> file);

  async::task<result<std::shared_ptr<const numbered_page>>> fetch_page(call_context context, inode_id node,
                                                                       open_directory::plan plan);
  /// Lists the names after `start_after` and remembers what they lead to; how many.
  async::task<result<std::size_t>> renew_names(call_context context, inode_id directory, std::string start_after);
  /// Begins with the files that will probably be opened after this one.
  void open_ahead(const call_context& context, inode_id node);
  std::shared_ptr<const numbered_page> number(const inode_view& view, const open_directory::plan& plan,
                                              record_source::listing listing, bool by_path);

  hdfs::client& hdfs;
  const clock_source& clock;
  logger& log;
  line_limiter failure_lines{clock, 5, seconds(10)};  // of requests, by operation and errno
  const options& settings;
  const std::uint64_t generation;
  inode_table inodes;
  entry_cache entries;
  directory_scans scans{65'536};
  handle_table handles;
  read_failures failures;
  record_source source;
  async::single_flight<std::string, wire::fs_stats> stats_flights;
  std::atomic<bool> stopped{false};

  std::mutex stats_mutex;  // leaf
  std::optional<wire::fs_stats> stats;
  steady_time stats_received;

  counter& attribute_hits;
  counter& attribute_misses;
  counter& entry_hits;
  counter& entry_misses;
};

/// Whether the error means that the path leads to nothing or to something of another type.
bool is_gone(const error& failure);

}  // namespace hdfsmount::fs
