#include "hdfs/hdfs_client.hpp"

#include "net/domain_socket.hpp"

namespace hdfsmount::hdfs {
namespace {

constexpr std::size_t most_opened_ahead = 64;
constexpr milliseconds first_penalty{2'000};
constexpr milliseconds longest_penalty{60'000};
/// Reads that wait for a disk at a time.
constexpr std::size_t disk_threads = 4;

datanode::local_replicas::options to_local_options(const options& settings) {
  datanode::local_replicas::options out;
  out.kept = settings.replicas_kept;
  out.patience = settings.attempt_timeout;
  out.expiry = settings.replica_expiry;
  return out;
}

datanode::domain_sockets::options to_socket_options(const options& settings) {
  datanode::domain_sockets::options out;
  out.silence = settings.attempt_timeout;
  out.connections_kept = settings.connections_kept;
  out.connection_expiry = settings.connection_expiry;
  return out;
}

datanode::short_circuit::options to_short_circuit_options(const options& settings) {
  datanode::short_circuit::options out;
  out.client_name = settings.client_name;
  out.sockets = to_socket_options(settings);
  return out;
}

bool uses_sockets(const options& settings) {
  return settings.short_circuit || settings.domain_socket_traffic;
}

bool reads_files(const options& settings) {
  return settings.short_circuit || !settings.replica_directories.empty();
}

}  // namespace

hdfs_client::hdfs_client(async::executor where, const options& settings, namenode::client_protocol& namenode,
                         datanode::client_datanode_protocol& datanode, net::connector& connector, logger& log,
                         metrics& numbers)
    : namenode_(namenode),
      datanode_(datanode),
      connections_(where, connector, settings.connections_kept, settings.connection_expiry, log, numbers),
      health_(clock_, first_penalty, longest_penalty, settings.attempt_timeout),
      failures_(clock_, 5, seconds(10)),
      disk_(uses_sockets(settings) || reads_files(settings) ? std::make_unique<async::worker_pool>(disk_threads)
                                                            : nullptr),
      domain_(uses_sockets(settings) ? net::make_domain_connector(settings.domain_socket_path, *disk_) : nullptr),
      sockets_(settings.domain_socket_traffic ? make_sockets(where, settings, log, numbers) : nullptr),
      local_(reads_files(settings) ? make_local(where, settings, log, numbers) : nullptr),
      shared_{where,        settings,
              *this,        connections_,
              health_,      std::make_shared<buffer_pool>(settings.memory),
              log,          failures_,
              numbers,      std::make_shared<async::budget>(settings.hedged_reads),
              local_.get(), sockets_.get()},
      ahead_(shared_, settings.opened_ahead, most_opened_ahead) {}

std::unique_ptr<datanode::domain_sockets> hdfs_client::make_sockets(const async::executor& where,
                                                                    const options& settings, logger& log,
                                                                    metrics& numbers) {
  return std::make_unique<datanode::domain_sockets>("reads over the UNIX socket", where, *domain_,
                                                    to_socket_options(settings), clock_, log, numbers);
}

std::unique_ptr<datanode::local_replicas> hdfs_client::make_local(const async::executor& where, const options& settings,
                                                                  logger& log, metrics& numbers) {
  std::shared_ptr<datanode::replica_directories> directories;
  if (!settings.replica_directories.empty())
    directories = std::make_shared<datanode::replica_directories>(settings.replica_directories, clock_, log);
  std::unique_ptr<datanode::short_circuit> passed;
  if (settings.short_circuit)
    passed = std::make_unique<datanode::short_circuit>(where, *domain_, to_short_circuit_options(settings), *disk_,
                                                       clock_, log, numbers);
  return std::make_unique<datanode::local_replicas>(where, to_local_options(settings), std::move(directories),
                                                    std::move(passed), *disk_, clock_, log, numbers);
}

async::task<result<wire::file_status>> hdfs_client::get_status(call_context context, std::string path) {
  auto status = co_await namenode_.get_file_info(context, path);
  if (!status && status.error() == make_error_code(namenode_errc::unresolved_link))
    co_return co_await namenode_.get_file_link_info(context, path);
  co_return status;
}

async::task<result<wire::directory_page>> hdfs_client::list(call_context context, std::string path,
                                                            std::string start_after) {
  return namenode_.get_listing(std::move(context), std::move(path), std::move(start_after));
}

async::task<result<std::string>> hdfs_client::get_link_target(call_context context, std::string path) {
  return namenode_.get_link_target(std::move(context), std::move(path));
}

async::task<result<wire::fs_stats>> hdfs_client::get_stats(call_context context) {
  return namenode_.get_fs_stats(std::move(context));
}

async::task<result<wire::server_defaults>> hdfs_client::get_server_defaults(call_context context) {
  return namenode_.get_server_defaults(std::move(context));
}

async::task<result<std::shared_ptr<input_stream>>> hdfs_client::open(call_context context, open_request what) {
  if (auto ready = co_await ahead_.take(context, what)) co_return ready;
  auto opened = co_await open_stream(shared_, std::move(context), std::move(what));
  if (!opened) co_return opened.error();
  co_return std::move(*opened);
}

std::shared_ptr<input_stream> hdfs_client::try_open(const call_context& context, const open_request& what) {
  return ahead_.try_take(context, what);
}

void hdfs_client::open_ahead(call_context context, open_request what) {
  ahead_.begin(std::move(context), std::move(what));
}

async::task<result<wire::located_blocks>> hdfs_client::get_block_locations(call_context context, std::string path,
                                                                           std::uint64_t offset, std::uint64_t length) {
  return namenode_.get_block_locations(std::move(context), std::move(path), offset, length);
}

async::task<result<std::uint64_t>> hdfs_client::get_visible_length(call_context context, wire::datanode_info node,
                                                                   wire::extended_block block) {
  net::host_port address(shared_.settings.use_datanode_hostname ? node.host : node.ip, node.ipc_port);
  return datanode_.get_replica_visible_length(std::move(context), std::move(address), std::move(block));
}

async::task<result<void>> hdfs_client::report_bad_blocks(call_context context,
                                                         std::vector<wire::located_block> blocks) {
  return namenode_.report_bad_blocks(std::move(context), std::move(blocks));
}

void hdfs_client::start() {
  if (local_) local_->look_for_directories();
}

void hdfs_client::release_idle() {
  ahead_.clear();
  connections_.clear();
  if (sockets_) sockets_->connections().clear();
  if (local_) local_->stop();
  shared_.buffers->trim();
}

void hdfs_client::update_gauges() {
  const auto set = [this](std::string_view name, std::size_t value) {
    shared_.numbers.get(name).set(static_cast<std::int64_t>(value));
  };
  set("datanode_connections_idle", connections_.idle());
  set("datanodes_avoided", health_.avoided());
  set("hedged_reads_in_flight", shared_.hedges->in_use());
  set("buffer_bytes_in_use", shared_.buffers->in_use());
  if (!local_) return;
  set("local_replicas_open", local_->size());
  set("replica_directories", local_->directories());
  set("shared_memory_segments", local_->segments());
}

}  // namespace hdfsmount::hdfs
