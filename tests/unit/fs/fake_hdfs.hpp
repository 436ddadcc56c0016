#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "async/one_shot.hpp"
#include "hdfs/client.hpp"

namespace hdfsmount::fs::testing {

/// A file or directory of the fake. Guarded by the fake's mutex.
struct fake_node {
  std::uint64_t id = 0;
  wire::file_type type = wire::file_type::file;
  std::uint16_t mode = 0644;
  std::string owner = "alice";
  std::string group = "staff";
  std::string content;          ///< bytes of a file, target of a link
  std::size_t in_progress = 0;  ///< how many bytes at the end the NameNode does not count: a block being written
  bool under_construction = false;
  std::size_t late = 0;  ///< how many bytes at the end a DataNode does not show yet, unless asked for at least so many
  bool unsupported = false;
  std::int64_t mtime_ms = 1000;
  bool snapshottable = false;
  std::map<std::string, std::shared_ptr<fake_node>> children;
  std::map<std::string, std::shared_ptr<fake_node>> snapshots;
};

/// A name space in memory behind the interface of the HDFS client, with ids, inode paths, snapshots and pages as the
/// NameNode has them. Counts calls, can hold them back and can make them fail. Thread-safe.
class fake_hdfs final : public hdfs::client {
 public:
  fake_hdfs();

  async::task<result<wire::file_status>> get_status(call_context context, std::string path) override;
  async::task<result<wire::directory_page>> list(call_context context, std::string path,
                                                 std::string start_after) override;
  async::task<result<std::string>> get_link_target(call_context context, std::string path) override;
  async::task<result<wire::fs_stats>> get_stats(call_context context) override;
  async::task<result<wire::server_defaults>> get_server_defaults(call_context context) override;
  async::task<result<std::shared_ptr<hdfs::input_stream>>> open(call_context context, hdfs::open_request what) override;
  std::shared_ptr<hdfs::input_stream> try_open(const call_context& context, const hdfs::open_request& what) override;
  void open_ahead(call_context context, hdfs::open_request what) override;

  // --- what other clients do ---
  std::uint64_t add_directory(const std::string& path);
  std::uint64_t add_file(const std::string& path, std::string content);
  std::uint64_t add_link(const std::string& path, std::string target);
  void change(const std::string& path, const std::function<void(fake_node&)>& how);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& path);
  void snapshot(const std::string& directory, const std::string& name);

  // --- what the test wants ---
  std::size_t page_size = 1000;
  bool all_opened_ahead = false;
  /// Calls wait here from now on, until release() or the end of their request.
  void hold();
  void release();
  /// The next calls of this kind fail.
  void fail(const std::string& method, const error& with, int times = 1 << 30);
  /// Calls made so far: of one method, or of all.
  int calls(const std::string& method = {}) const;
  /// "method path" of every call, in order.
  std::vector<std::string> log() const;
  /// The HDFS user and local uid of the last call.
  std::optional<caller> last_caller() const;
  void forget_calls();

 private:
  friend class fake_stream;
  using node_ptr = std::shared_ptr<fake_node>;

  async::task<result<void>> enter(call_context context, std::string method, std::string path);
  node_ptr find(const std::string& path) const;
  node_ptr find_id(const node_ptr& below, std::uint64_t id) const;
  node_ptr& slot(const std::string& path);
  wire::file_status status_of(const fake_node& node, std::string name) const;
  std::uint64_t put(const std::string& path, const node_ptr& node);

  mutable std::mutex mutex_;
  node_ptr root_;
  std::uint64_t next_id_ = 16386;
  std::shared_ptr<async::one_shot<bool>> gate_;
  struct failure {
    error with;
    int times = 0;
  };
  std::map<std::string, failure> failures_;
  std::vector<std::string> log_;
  std::optional<caller> last_caller_;
};

}  // namespace hdfsmount::fs::testing
