#include "cli/layer_options.hpp"

#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

namespace hdfsmount::cli {
namespace {

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

}  // namespace

rpc::options to_rpc_options(const config::settings& settings, const std::string& mount_point) {
  rpc::options out;
  out.connect_timeout = settings.hadoop.connect_timeout;
  out.max_idle = settings.hadoop.max_idle;
  out.ping_interval = settings.hadoop.ping_interval;
  out.max_response = settings.hadoop.max_response_length;
  out.caller_context = fmt::format("hdfsmount:{}:{}", host_name(), mount_point);
  return out;
}

namenode::options to_namenode_options(const config::settings& settings) {
  std::vector<net::host_port> addresses;
  for (const auto& one : settings.source.namenodes) addresses.emplace_back(one.host, one.port);
  const auto& nameservice = settings.source.nameservice;
  auto name = nameservice.empty() ? addresses.front().to_string() : nameservice;
  namenode::options out(std::move(name), std::move(addresses));
  out.backoff_base = settings.hadoop.failover_sleep_base;
  out.backoff_max = settings.hadoop.failover_sleep_max;
  out.max_calls = settings.options.max_calls;
  out.max_calls_per_second = settings.options.max_calls_per_second;
  return out;
}

hdfs::options to_hdfs_options(const config::settings& settings) {
  hdfs::options out;
  out.client_name = fmt::format("hdfsmount_{}_{}", host_name(), ::getpid());
  out.use_datanode_hostname = settings.hadoop.use_datanode_hostname;
  out.timeout = settings.options.timeout;
  out.attempt_timeout = settings.hadoop.datanode_timeout;
  out.prefetch_bytes = static_cast<std::uint64_t>(settings.hadoop.prefetch_bytes);
  out.memory = settings.options.memory;
  out.opened_ahead = settings.options.attr_timeout;
  out.connections_kept = settings.hadoop.datanode_cache_capacity;
  out.hedged_reads = settings.hadoop.hedged_reads;
  out.hedged_after = settings.hadoop.hedged_after;
  out.connection_expiry = settings.hadoop.datanode_cache_expiry;
  out.short_circuit = settings.hadoop.short_circuit;
  out.domain_socket_traffic = settings.hadoop.domain_socket_traffic;
  out.domain_socket_path = settings.hadoop.domain_socket_path;
  out.replicas_kept = settings.hadoop.replica_cache_size;
  out.replica_expiry = settings.hadoop.replica_cache_expiry;
  out.replica_directories = settings.data_directories;
  out.skip_checksum = settings.hadoop.skip_checksum;
  return out;
}

fs::identities::options to_identity_options(const config::settings& settings) {
  fs::identities::options out;
  out.unknown_id_base = settings.options.unknown_id_base;
  out.unknown_id_count = config::unknown_id_count;
  return out;
}

fs::options to_fs_options(const config::settings& settings) {
  fs::options out;
  out.source = settings.source.path;
  out.attr_timeout = settings.options.attr_timeout;
  out.entry_timeout = settings.options.entry_timeout;
  out.negative_timeout = settings.options.negative_timeout;
  out.uid = settings.options.uid;
  out.gid = settings.options.gid;
  out.umask = settings.options.umask;
  out.local_permissions = settings.options.default_permissions;
  return out;
}

fuse::adapter::options to_adapter_options(const config::settings& settings) {
  fuse::adapter::options out;
  out.timeout = settings.options.timeout;
  out.max_background = settings.options.max_background;
  return out;
}

fuse::mount_request to_mount_request(const config::settings& settings, const std::string& mount_point) {
  fuse::mount_request out(mount_point, settings.source.uri);
  out.read_only = settings.options.read_only;
  out.allow_other = settings.options.allow_other;
  out.default_permissions = settings.options.default_permissions;
  out.nosuid = settings.options.nosuid;
  out.nodev = settings.options.nodev;
  out.noexec = settings.options.noexec;
  out.reader_threads = std::clamp(std::thread::hardware_concurrency(), 2U, 4U);
  return out;
}

}  // namespace hdfsmount::cli
