#pragma once

#include <string>
#include <vector>

#include "config/command_line.hpp"
#include "config/environment.hpp"
#include "config/hadoop_keys.hpp"
#include "config/namenodes.hpp"

// config/: Hadoop XML, environment and command line become one checked `settings`, once, at start-up.
// parse_command_line reads the arguments, load_settings finds and reads the files (search_path, hadoop_xml,
// hadoop_configuration), resolves SOURCE to NameNodes (namenodes) and types the keys (hadoop_keys). Options and keys
// each live in one table, which the parser, --help and the test of docs/configuration.md share. Errors are
// config_error; nothing here runs after start-up.

namespace hdfsmount::config {

/// One row of the configuration in force.
struct setting_row {
  std::string key;  ///< option name, Hadoop key, or a name of ours ("source", "namenode.nn1")
  std::string value;
  std::string source;  ///< "default", "FILE:LINE", "-o NAME", "HADOOP_USER_NAME", ...
};

/// Everything the program may want to know; never changed after load_settings returned it. Copied and read from any
/// thread.
struct settings {
  std::string mountpoint;  ///< as written on the command line
  mount_options options;   ///< what -o said
  hadoop_settings hadoop;  ///< what the Hadoop files said; datanode_timeout is at most a quarter of options.timeout
  resolved_source source;  ///< NameNodes, nameservice and subtree
  std::string hdfs_user;   ///< who we are to the NameNode; never empty
  unsigned threads = 0;    ///< options.threads with 0 resolved
  std::vector<std::string> data_directories;  ///< of DataNodes on this machine, to open replicas in; absolute
  log_level level = log_level::info;
  std::vector<std::string> files;     ///< the Hadoop files that were read
  std::vector<std::string> warnings;  ///< lines to log once
  std::vector<setting_row> rows;

  /// The configuration in force for the status display: mount, options, then honoured keys.
  const std::vector<setting_row>& describe() const { return rows; }
};

/// Throws config_error.
settings load_settings(const command_line& line, const environment& env);

}  // namespace hdfsmount::config
