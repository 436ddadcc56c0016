#pragma once

#include <string>

#include "config/settings.hpp"
#include "fs/identities.hpp"
#include "fs/options.hpp"
#include "fuse/session.hpp"
#include "hdfs/options.hpp"
#include "namenode/options.hpp"
#include "rpc/options.hpp"

namespace hdfsmount::cli {

/// The part of the settings that each layer takes, in its own words. Pure but for the host name and process id.
rpc::options to_rpc_options(const config::settings& settings, const std::string& mount_point);
namenode::options to_namenode_options(const config::settings& settings);
hdfs::options to_hdfs_options(const config::settings& settings);
fs::identities::options to_identity_options(const config::settings& settings);
fs::options to_fs_options(const config::settings& settings);
fuse::adapter::options to_adapter_options(const config::settings& settings);
fuse::mount_request to_mount_request(const config::settings& settings, const std::string& mount_point);

}  // namespace hdfsmount::cli
