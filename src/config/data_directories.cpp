#include "config/data_directories.hpp"

#include <algorithm>

#include "config/config_error.hpp"

namespace hdfsmount::config {
namespace {

constexpr std::string_view key = "dfs.datanode.data.dir";

/// "/data", "file:///data" or "[SSD]file:///data" as "/data"; anything else as it is.
std::string to_path(std::string_view location) {
  if (location.starts_with('[')) location.remove_prefix(std::min(location.find(']'), location.size() - 1) + 1);
  for (const std::string_view scheme : {"file://", "file:"}) {
    if (!location.starts_with(scheme)) continue;
    location.remove_prefix(scheme.size());
    break;
  }
  return std::string(location);
}

std::vector<std::string> split_paths(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(':'), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool is_relative(const std::string& path) {
  return !path.starts_with('/');
}

}  // namespace

std::vector<std::string> find_data_directories(const mount_options& options,
                                               const hadoop_configuration& configuration) {
  if (!options.direct_replicas) {
    if (!options.replica_dirs.empty()) throw config_error("-o replica_dirs: only with -o direct_replicas");
    return {};
  }
  auto found = split_paths(options.replica_dirs);
  if (std::ranges::any_of(found, is_relative)) throw config_error("-o replica_dirs: the paths must be absolute");
  if (!found.empty()) return found;
  for (const auto& location : configuration.get_list(key)) found.push_back(to_path(location));
  if (std::ranges::any_of(found, is_relative)) configuration.refuse(key, "the paths must be absolute");
  if (found.empty())
    throw config_error(
        fmt::format("-o direct_replicas: needs {} or -o replica_dirs=, the DataNodes' directories", key));
  return found;
}

}  // namespace hdfsmount::config
