#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/hadoop_configuration.hpp"

namespace hdfsmount::config {

using std::chrono::milliseconds;

/// The Hadoop keys that the client honours, typed. Defaults come from the table below.
struct hadoop_settings {
  milliseconds connect_timeout{};         ///< one attempt to connect to a NameNode; > 0
  milliseconds max_idle{};                ///< a NameNode connection without calls is closed after this; > 0
  milliseconds ping_interval{};           ///< silence on a NameNode connection before a ping; 0: no pings
  std::uint32_t max_response_length = 0;  ///< bytes of one NameNode answer
  milliseconds failover_sleep_base{};     ///< first pause after a failover, doubled each time
  milliseconds failover_sleep_max{};      ///< longest such pause
  bool use_datanode_hostname = false;     ///< connect to DataNodes by host name, not by address
  milliseconds datanode_timeout{};        ///< silence of a DataNode before the next replica is tried; > 0
  unsigned datanode_cache_capacity = 0;   ///< idle DataNode connections kept; 0: none
  milliseconds datanode_cache_expiry{};   ///< how long one stays idle before it is closed
  std::size_t hedged_reads{};             ///< reads made at a second DataNode as well, at a time; 0: none
  milliseconds hedged_after{};            ///< how long the first one may take
  std::int64_t prefetch_bytes = 0;        ///< range of a file whose locations one call asks for; > 0
  bool short_circuit = false;             ///< read replicas on this machine as files that their DataNode passes on
  bool domain_socket_traffic = false;     ///< read over the UNIX sockets of this machine's DataNodes instead of TCP
  std::string domain_socket_path;         ///< of the DataNodes' UNIX sockets; not empty if one of these two is set
  unsigned replica_cache_size = 0;        ///< open replicas kept; 0: none
  milliseconds replica_cache_expiry{};    ///< how long one stays that nobody reads
  bool skip_checksum = false;             ///< do not check what is read from replicas on this machine
};

/// One row of the table of honoured keys: adding a row is all it takes to parse, check, show and (a test insists)
/// document a key.
struct hadoop_key {
  std::string_view name;          ///< as in Hadoop; NS and NN stand for a nameservice and a NameNode id
  std::string_view default_text;  ///< empty when there is none
  std::string_view help;
  /// Stores or checks the value; throws config_error. Null for the keys that others read.
  void (*apply)(hadoop_settings& settings, const hadoop_configuration& configuration, const hadoop_key& key);
};

std::span<const hadoop_key> hadoop_key_table();

/// All keys of the table applied.
hadoop_settings read_hadoop_settings(const hadoop_configuration& configuration);

}  // namespace hdfsmount::config
