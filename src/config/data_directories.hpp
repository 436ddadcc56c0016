#pragma once

#include <string>
#include <vector>

#include "config/hadoop_configuration.hpp"
#include "config/mount_options.hpp"

namespace hdfsmount::config {

/// Where the DataNodes of this machine keep their blocks, absolute: with -o direct_replicas those of -o replica_dirs=,
/// else of dfs.datanode.data.dir; without it none. Throws config_error.
std::vector<std::string> find_data_directories(const mount_options& options, const hadoop_configuration& configuration);

}  // namespace hdfsmount::config
