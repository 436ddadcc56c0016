#pragma once

#include <string>
#include <vector>

#include "base/caller.hpp"
#include "namenode/options.hpp"
#include "namenode/proxy.hpp"
#include "wire/model.hpp"

namespace hdfsmount::namenode {

/// The calls of org.apache.hadoop.hdfs.protocol.ClientProtocol that this client makes, typed. Retries and failover have
/// happened below: an error is final for this request. Thread-safe.
///
/// Errors of every call: namenode_errc (what the NameNode said; its text in the detail), errc::timed_out, cancelled,
/// connect_failed and unknown_host (patience::fail_fast only), authentication_failed, protocol_error, shutting_down.
class client_protocol {
 public:
  explicit client_protocol(proxy& nameservice) : proxy_(nameservice) {}

  /// The status of `path`; of what it refers to when it is a symbolic link. namenode_errc::not_found when there is
  /// nothing.
  async::task<result<wire::file_status>> get_file_info(call_context context, std::string path,
                                                       patience how = patience::until_deadline);
  /// As get_file_info(), but of the symbolic link itself. Links in the middle of the path: unresolved_link.
  async::task<result<wire::file_status>> get_file_link_info(call_context context, std::string path);
  /// The entries after the name `start_after` (empty: from the beginning) in the order of the names' bytes;
  /// `with_locations` makes pages much shorter. namenode_errc::not_found when the directory does not exist.
  async::task<result<wire::directory_page>> get_listing(call_context context, std::string path, std::string start_after,
                                                        bool with_locations = false);
  /// The blocks that hold [offset, offset + length), and whether `context.who` may read the file at all.
  async::task<result<wire::located_blocks>> get_block_locations(call_context context, std::string path,
                                                                std::uint64_t offset, std::uint64_t length);
  async::task<result<wire::fs_stats>> get_fs_stats(call_context context);
  async::task<result<wire::server_defaults>> get_server_defaults(call_context context);
  /// The target as stored.
  async::task<result<std::string>> get_link_target(call_context context, std::string path);
  /// Tells that exactly these replicas are corrupt.
  async::task<result<void>> report_bad_blocks(call_context context, std::vector<wire::located_block> blocks);

 private:
  proxy& proxy_;
};

}  // namespace hdfsmount::namenode
