#pragma once

#include <string>
#include <vector>

#include "config/environment.hpp"

namespace hdfsmount::config {

/// The configuration files to load, in loading order; all exist. The first of these places decides: `conf_option`
/// (-o conf=DIR, empty when not given), LIBHDFS3_CONF (names a file; when that is an hdfs-site.xml the other site files
/// beside it belong to it), HADOOP_CONF_DIR, HADOOP_INSTALL/hadoop/conf, HADOOP_HOME/etc/hadoop, the default directory.
/// The first three are explicit: throws config_error when what they name does not exist. The others are skipped when
/// they hold no site file, and none at all is fine.
std::vector<std::string> find_configuration_files(const std::string& conf_option, const environment& env);

}  // namespace hdfsmount::config
