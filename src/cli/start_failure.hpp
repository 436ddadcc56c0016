#pragma once

#include <string>

#include "base/result.hpp"
#include "config/namenodes.hpp"
#include "wire/file_system_info.hpp"

namespace hdfsmount::cli {

/// errc::unsupported when the cluster demands what this version cannot do: every read would fail.
result<void> check_supported(const wire::server_defaults& cluster);

/// One line for a person: why the root of `source` could not be reached, which host and key were used, what to do.
std::string explain_start_failure(const config::resolved_source& source, const std::string& hdfs_user,
                                  const error& failure);

}  // namespace hdfsmount::cli
