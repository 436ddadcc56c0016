#pragma once

#include <memory>

#include "datanode/client_datanode_protocol.hpp"
#include "hdfs/client.hpp"
#include "hdfs/opened_ahead.hpp"
#include "hdfs/services.hpp"
#include "namenode/client_protocol.hpp"

namespace hdfsmount::hdfs {

/// The real HDFS: NameNode calls through namenode::client_protocol, file data from replicas on this machine and from
/// DataNodes over TCP or their UNIX sockets.
class hdfs_client final : public client, private block_directory {
 public:
  /// All references must outlive the client and the streams it opened.
  hdfs_client(async::executor where, const options& settings, namenode::client_protocol& namenode,
              datanode::client_datanode_protocol& datanode, net::connector& connector, logger& log, metrics& numbers);

  async::task<result<wire::file_status>> get_status(call_context context, std::string path) override;
  async::task<result<wire::directory_page>> list(call_context context, std::string path,
                                                 std::string start_after) override;
  async::task<result<std::string>> get_link_target(call_context context, std::string path) override;
  async::task<result<wire::fs_stats>> get_stats(call_context context) override;
  async::task<result<wire::server_defaults>> get_server_defaults(call_context context) override;
  async::task<result<std::shared_ptr<input_stream>>> open(call_context context, open_request what) override;
  std::shared_ptr<input_stream> try_open(const call_context& context, const open_request& what) override;
  void open_ahead(call_context context, open_request what) override;

  /// The mount is up: gets ready for what is read from this machine, which may log.
  void start();
  /// Gives up what was opened ahead, closes idle connections to DataNodes and replicas of this machine, and frees spare
  /// buffers. Reads of replicas on this machine end with the first call: the mount is going away.
  void release_idle();
  /// Refreshes the gauges of connections, memory and avoided DataNodes.
  void update_gauges();

 private:
  std::unique_ptr<datanode::domain_sockets> make_sockets(const async::executor& where, const options& settings,
                                                         logger& log, metrics& numbers);
  std::unique_ptr<datanode::local_replicas> make_local(const async::executor& where, const options& settings,
                                                       logger& log, metrics& numbers);
  async::task<result<wire::located_blocks>> get_block_locations(call_context context, std::string path,
                                                                std::uint64_t offset, std::uint64_t length) override;
  async::task<result<std::uint64_t>> get_visible_length(call_context context, wire::datanode_info node,
                                                        wire::extended_block block) override;
  async::task<result<void>> report_bad_blocks(call_context context, std::vector<wire::located_block> blocks) override;

  namenode::client_protocol& namenode_;
  datanode::client_datanode_protocol& datanode_;
  clock_source clock_;
  datanode::connection_pool connections_;
  datanode::node_health health_;
  line_limiter failures_;
  std::unique_ptr<async::worker_pool> disk_;           // null: nothing of this machine's DataNodes is used
  std::unique_ptr<net::connector> domain_;             // null: not their UNIX sockets
  std::unique_ptr<datanode::domain_sockets> sockets_;  // null: blocks are not read over those
  std::unique_ptr<datanode::local_replicas> local_;    // null: no replica is read as a file
  services shared_;
  opened_ahead ahead_;
};

}  // namespace hdfsmount::hdfs
