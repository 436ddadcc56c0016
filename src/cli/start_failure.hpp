#pragma once

#include <string>

#include "base/error.hpp"
#include "config/namenodes.hpp"

namespace hdfsmount::cli {

/// One line for a person: why the root of `source` could not be reached, which host and key were used, what to do.
std::string explain_start_failure(const config::resolved_source& source, const std::string& hdfs_user,
                                  const error& failure);

}  // namespace hdfsmount::cli
