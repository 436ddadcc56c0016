#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace hdfsmount::hdfs {

/// What the operator decides about reading; from config::settings.
struct options {
  options() = default;

  std::string client_name = "hdfsmount";  ///< what DataNodes write into their logs for this mount
  bool use_datanode_hostname = false;     ///< dfs.client.use.datanode.hostname
  milliseconds timeout{60'000};           ///< of one system call; background work takes it as its own bound
  milliseconds attempt_timeout{15'000};   ///< how long one DataNode may be silent before the next replica is tried
  std::uint64_t prefetch_bytes =
      10ULL * 128 * 1024 * 1024;                  ///< dfs.client.read.prefetch.size: range of one getBlockLocations
  std::size_t memory = 256U * 1024 * 1024;        ///< for all read buffers together
  std::size_t largest_window = 8U * 1024 * 1024;  ///< read-ahead of one stream, bytes
  milliseconds opened_ahead{1'000};               ///< how long a file opened ahead of its open() is good
  std::size_t hedged_reads = 0;                   ///< reads made at a second DataNode as well, at a time
  milliseconds hedged_after{500};                 ///< how long the first one may take before that
  std::size_t connections_kept = 16;              ///< dfs.client.socketcache.capacity
  milliseconds connection_expiry{3'000};          ///< dfs.client.socketcache.expiryMsec
  bool short_circuit = false;                     ///< dfs.client.read.shortcircuit
  bool domain_socket_traffic = false;             ///< dfs.client.domain.socket.data.traffic
  std::string domain_socket_path;                 ///< dfs.domain.socket.path
  std::size_t replicas_kept = 256;                ///< dfs.client.read.shortcircuit.streams.cache.size
  milliseconds replica_expiry{300'000};           ///< dfs.client.read.shortcircuit.streams.cache.expiry.ms
  std::vector<std::string> replica_directories;   ///< of DataNodes on this machine; empty: none is read directly
  bool skip_checksum = false;                     ///< dfs.client.read.shortcircuit.skip.checksum
};

}  // namespace hdfsmount::hdfs
