#include "hdfs/hdfs_client.hpp"

#include "hdfs/file_input_stream.hpp"

namespace hdfsmount::hdfs {
namespace {

constexpr milliseconds first_penalty{2'000};
constexpr milliseconds longest_penalty{60'000};

}  // namespace

hdfs_client::hdfs_client(async::executor where, const options& settings, namenode::client_protocol& namenode,
                         datanode::client_datanode_protocol& datanode, net::connector& connector, logger& log,
                         metrics& numbers)
    : connections_(where, connector, settings.connections_kept, settings.connection_expiry, log, numbers),
      health_(clock_, first_penalty, longest_penalty),
      shared_{
          where, settings, namenode, datanode, connections_, health_, std::make_shared<buffer_pool>(settings.memory),
          log,   numbers} {}

async::task<result<wire::file_status>> hdfs_client::get_status(call_context context, std::string path) {
  auto status = co_await shared_.namenode.get_file_info(context, path);
  if (!status && status.error() == make_error_code(namenode_errc::unresolved_link))
    co_return co_await shared_.namenode.get_file_link_info(context, path);
  co_return status;
}

async::task<result<wire::directory_page>> hdfs_client::list(call_context context, std::string path,
                                                            std::string start_after) {
  return shared_.namenode.get_listing(std::move(context), std::move(path), std::move(start_after));
}

async::task<result<std::string>> hdfs_client::get_link_target(call_context context, std::string path) {
  return shared_.namenode.get_link_target(std::move(context), std::move(path));
}

async::task<result<wire::fs_stats>> hdfs_client::get_stats(call_context context) {
  return shared_.namenode.get_fs_stats(std::move(context));
}

async::task<result<wire::server_defaults>> hdfs_client::get_server_defaults(call_context context) {
  return shared_.namenode.get_server_defaults(std::move(context));
}

async::task<result<std::shared_ptr<input_stream>>> hdfs_client::open(call_context context, open_request what) {
  auto who = context.who;
  auto file = std::make_shared<block_locator>(shared_, std::move(what.path), std::move(what.name));
  if (auto opened = co_await file->open(std::move(context)); !opened) co_return opened.error();
  co_return std::make_shared<file_input_stream>(shared_, std::move(file), std::move(who));
}

void hdfs_client::release_idle() {
  connections_.clear();
  shared_.buffers->trim();
}

void hdfs_client::update_gauges() {
  const auto set = [this](std::string_view name, std::size_t value) {
    shared_.numbers.get(name).set(static_cast<std::int64_t>(value));
  };
  set("datanode_connections_idle", connections_.idle());
  set("datanodes_avoided", health_.avoided());
  set("buffer_bytes_in_use", shared_.buffers->in_use());
}

}  // namespace hdfsmount::hdfs
