#include "config/hadoop_keys.hpp"

#include <fmt/format.h>

#include <limits>
#include <type_traits>

namespace hdfsmount::config {
namespace {

using configuration = hadoop_configuration;

template <auto Member>
void boolean(hadoop_settings& settings, const configuration& from, const hadoop_key& key) {
  settings.*Member = from.get_bool(key.name).value_or(parse_bool(key.default_text).value());
}

template <auto Member, std::int64_t Least>
void millis(hadoop_settings& settings, const configuration& from, const hadoop_key& key) {
  constexpr nanoseconds unit = milliseconds(1);
  const auto value = from.get_duration(key.name, unit).value_or(parse_duration(key.default_text, unit).value());
  settings.*Member = std::chrono::duration_cast<milliseconds>(value);
  if ((settings.*Member).count() < Least) from.refuse(key.name, fmt::format("must be at least {} ms", Least));
}

void check_range(std::int64_t value, std::int64_t least, std::int64_t most, const configuration& from,
                 const hadoop_key& key) {
  if (value < least || value > most) from.refuse(key.name, fmt::format("must be from {} to {}", least, most));
}

template <auto Member, std::int64_t Least, std::int64_t Most>
void number(hadoop_settings& settings, const configuration& from, const hadoop_key& key) {
  const auto value = from.get_integer(key.name).value_or(parse_integer(key.default_text).value());
  check_range(value, Least, Most, from, key);
  settings.*Member = static_cast<std::remove_reference_t<decltype(settings.*Member)>>(value);
}

template <auto Member, std::int64_t Least, std::int64_t Most>
void bytes(hadoop_settings& settings, const configuration& from, const hadoop_key& key) {
  const auto value = from.get_size(key.name).value_or(parse_size(key.default_text).value());
  check_range(value, Least, Most, from, key);
  settings.*Member = static_cast<std::remove_reference_t<decltype(settings.*Member)>>(value);
}

/// Stands below ipc.ping.interval in the table.
void ping(hadoop_settings& settings, const configuration& from, const hadoop_key& key) {
  if (!from.get_bool(key.name).value_or(true)) settings.ping_interval = milliseconds(0);
}

void only_simple(hadoop_settings&, const configuration& from, const hadoop_key& key) {
  const auto value = from.get_text(key.name).value_or(std::string(key.default_text));
  if (value == "kerberos") {
    from.refuse(key.name, "Kerberos is not supported yet; only clusters with simple authentication can be mounted");
  }
  if (value != "simple") from.refuse(key.name, "not an authentication method; only 'simple' is supported");
}

void only_false(hadoop_settings&, const configuration& from, const hadoop_key& key) {
  if (from.get_bool(key.name).value_or(false)) {
    from.refuse(key.name, "encrypted data transfer is not supported yet; this cluster cannot be mounted");
  }
}

void only_unset(hadoop_settings&, const configuration& from, const hadoop_key& key) {
  if (from.get_text(key.name)) {
    from.refuse(key.name, "protected data transfer is not supported yet; this cluster cannot be mounted");
  }
}

template <auto Member>
void text(hadoop_settings& settings, const configuration& from, const hadoop_key& key) {
  settings.*Member = from.get_text(key.name).value_or(std::string(key.default_text));
}

/// Stands below what needs it in the table.
void socket_path(hadoop_settings& settings, const configuration& from, const hadoop_key& key) {
  text<&hadoop_settings::domain_socket_path>(settings, from, key);
  const auto& path = settings.domain_socket_path;
  if (!path.empty() && path.front() != '/') from.refuse(key.name, "must be an absolute path");
  const std::string_view missing = "needs dfs.domain.socket.path, the path of the DataNodes' sockets";
  if (path.empty() && settings.short_circuit) from.refuse("dfs.client.read.shortcircuit", missing);
  if (path.empty() && settings.domain_socket_traffic) from.refuse("dfs.client.domain.socket.data.traffic", missing);
}

using s = hadoop_settings;
constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

constexpr hadoop_key table[] = {
    {"fs.defaultFS", "", "what is mounted when SOURCE is not given", nullptr},
    {"dfs.nameservices", "", "names that SOURCE may use instead of a host", nullptr},
    {"dfs.ha.namenodes.NS", "", "ids of the NameNodes of nameservice NS", nullptr},
    {"dfs.namenode.rpc-address.NS.NN", "", "address of NameNode NN of nameservice NS", nullptr},
    {"dfs.namenode.rpc-address.NS", "", "address of the only NameNode of nameservice NS", nullptr},
    {"hadoop.security.authentication", "simple", "must be simple", only_simple},
    {"dfs.encrypt.data.transfer", "false", "must be false", only_false},
    {"dfs.data.transfer.protection", "", "must not be set", only_unset},
    {"ipc.client.connect.timeout", "20000", "one attempt to connect to a NameNode", millis<&s::connect_timeout, 1>},
    {"ipc.client.connection.maxidletime", "10000", "idle time of a NameNode connection", millis<&s::max_idle, 1>},
    {"ipc.ping.interval", "60000", "silence before a NameNode connection is probed; 0 never",
     millis<&s::ping_interval, 0>},
    {"ipc.client.ping", "true", "whether silent NameNode connections are probed", ping},
    {"ipc.maximum.response.length", "134217728", "largest NameNode answer",
     bytes<&s::max_response_length, 1024, int_max>},
    {"dfs.client.failover.sleep.base.millis", "500", "first pause after a failover",
     millis<&s::failover_sleep_base, 1>},
    {"dfs.client.failover.sleep.max.millis", "15000", "longest pause after a failover",
     millis<&s::failover_sleep_max, 1>},
    {"dfs.client.use.datanode.hostname", "false", "connect to DataNodes by host name",
     boolean<&s::use_datanode_hostname>},
    {"dfs.client.socket-timeout", "60000", "silence of a DataNode", millis<&s::datanode_timeout, 1>},
    {"dfs.client.socketcache.capacity", "16", "idle DataNode connections",
     number<&s::datanode_cache_capacity, 0, 65535>},
    {"dfs.client.hedged.read.threadpool.size", "0", "reads made at a second DataNode, at a time",
     number<&s::hedged_reads, 0, 4096>},
    {"dfs.client.hedged.read.threshold.millis", "500", "how long the first one may take", millis<&s::hedged_after, 1>},
    {"dfs.client.socketcache.expiryMsec", "3000", "how long they are kept", millis<&s::datanode_cache_expiry, 0>},
    {"dfs.client.read.prefetch.size", "1342177280", "range of one location call",
     bytes<&s::prefetch_bytes, 1, long_max>},
    {"dfs.client.read.shortcircuit", "false", "read replicas on this machine as open files",
     boolean<&s::short_circuit>},
    {"dfs.client.domain.socket.data.traffic", "false", "read over DataNodes' UNIX sockets, not TCP",
     boolean<&s::domain_socket_traffic>},
    {"dfs.domain.socket.path", "", "UNIX socket of the DataNodes", socket_path},
    {"dfs.client.read.shortcircuit.streams.cache.size", "256", "open replicas kept",
     number<&s::replica_cache_size, 0, 65535>},
    {"dfs.client.read.shortcircuit.streams.cache.expiry.ms", "300000", "how long they are kept unread",
     millis<&s::replica_cache_expiry, 0>},
    {"dfs.datanode.data.dir", "", "DataNodes' directories, for -o direct_replicas", nullptr},
    {"dfs.client.read.shortcircuit.skip.checksum", "false", "do not check replicas on this machine",
     boolean<&s::skip_checksum>},
};

}  // namespace

std::span<const hadoop_key> hadoop_key_table() {
  return table;
}

hadoop_settings read_hadoop_settings(const hadoop_configuration& configuration) {
  hadoop_settings settings;
  for (const auto& key : table) {
    if (key.apply) key.apply(settings, configuration, key);
  }
  return settings;
}

}  // namespace hdfsmount::config
