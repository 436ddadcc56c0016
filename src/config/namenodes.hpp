#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/hadoop_configuration.hpp"
#include "config/source_uri.hpp"

namespace hdfsmount::config {

/// Where one NameNode (or router) answers RPC calls.
struct namenode_endpoint {
  std::string id;    ///< "nn1" of dfs.ha.namenodes; empty when there is only one
  std::string host;  ///< a name or an address without brackets
  std::uint16_t port = default_namenode_port;

  /// "host:port", brackets around an IPv6 address.
  std::string to_string() const;
  friend bool operator==(const namenode_endpoint&, const namenode_endpoint&) = default;
};

/// What SOURCE means under a configuration.
struct resolved_source {
  std::string nameservice;                   ///< empty when SOURCE names a host
  std::vector<namenode_endpoint> namenodes;  ///< at least one, in the order of the configuration
  std::string path = "/";                    ///< the directory that becomes the root of the mount
  std::string uri;                           ///< canonical: hdfs://NAMESERVICE/dir or hdfs://host:port/dir
  std::string origin;                        ///< "SOURCE", or where fs.defaultFS was set
};

/// Resolves SOURCE, or fs.defaultFS when it is empty or names no host. A host that equals the name of a nameservice
/// is that nameservice. Throws config_error when an address is missing or malformed.
resolved_source resolve_source(std::string_view source, const hadoop_configuration& configuration);

}  // namespace hdfsmount::config
