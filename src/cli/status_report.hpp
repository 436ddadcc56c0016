#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "config/settings.hpp"
#include "fs/file_system.hpp"

namespace hdfsmount::cli {

/// The running mount as the `status` command shows it.
struct status_input {
  status_input(const config::settings& settings_, const std::string& mount_point_) noexcept
      : settings(settings_), mount_point(mount_point_) {}

  const config::settings& settings;
  const std::string& mount_point;
  std::string namenode;  ///< "host:port" of the one that answered last
  log_level level = log_level::info;
  seconds uptime{0};
  fs::file_system::counts files{};
  std::vector<metrics::sample> numbers;
};

/// {"version", "pid", "mount_point", "source", "hdfs_user", "namenode", "log_level", "uptime_seconds",
///  "configuration": [{"key", "value", "source"}], "files": {...}, "counters": {NAME: NUMBER or {LABEL: NUMBER}}}
boost::json::value status_report(const status_input& input);

/// The same for people, several lines.
std::string status_text(const boost::json::value& report);

}  // namespace hdfsmount::cli
