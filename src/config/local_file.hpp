#pragma once

#include <string>

namespace hdfsmount::config {

/// The bytes of a regular file of at most 16 MiB; throws config_error that names it and says why it cannot be read.
std::string read_local_file(const std::string& path);

}  // namespace hdfsmount::config
