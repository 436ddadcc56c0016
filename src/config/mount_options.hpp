#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace hdfsmount::config {

using std::chrono::milliseconds;

/// How many synthetic ids may be handed out from unknown_id_base upwards.
inline constexpr std::uint32_t unknown_id_count = 1U << 27;

/// What -o says, typed and checked. The defaults are those of the table that mount_option_table() returns.
struct mount_options {
  mount_options();

  bool read_only = false;
  bool allow_other = false;
  bool default_permissions = false;  ///< the kernel checks mode bits; always true with allow_other
  bool nosuid = true;
  bool nodev = true;
  bool noexec = false;

  std::string conf;      ///< directory, empty when not given
  bool autoconf = true;  ///< false: read no file and no environment variable that names one
  std::vector<std::pair<std::string, std::string>> hadoop_values;  ///< hdfs.KEY=VALUE in order
  std::string hdfs_user;                                           ///< empty: HADOOP_USER_NAME, else the process' user

  milliseconds timeout{};  ///< bound of every system call, retries included
  milliseconds attr_timeout{};
  milliseconds entry_timeout{};
  milliseconds negative_timeout{};  ///< 0: names that do not exist are never cached
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<unsigned> umask;
  std::uint32_t unknown_id_base = 0;

  std::uint64_t memory = 0;  ///< bytes, all read buffers and requests in flight together
  unsigned max_calls = 0;
  unsigned max_calls_per_second = 0;  ///< 0: unlimited
  unsigned threads = 0;               ///< 0: chosen by the number of processors; see settings::threads
  unsigned max_background = 0;

  bool direct_replicas = false;  ///< open replicas in the DataNodes' directories
  std::string replica_dirs;      ///< those directories, separated by colons; empty: dfs.datanode.data.dir

  std::optional<log_level> level;
  std::string log_file;  ///< absolute; empty: standard error or syslog
  std::string control;   ///< absolute path of the control socket; empty: chosen from the mount point

  /// The honoured options that were given, with the last text of each (empty for those without a value).
  std::map<std::string, std::string> given;
  /// One line each, for the log.
  std::vector<std::string> warnings;
};

enum class option_group { mount, configuration, presentation, limits, reading, logging, ignored };

/// One row of the table: everything --help, docs/configuration.md and the parser know of an option.
struct option_spec {
  std::string_view name;
  std::string_view value;         ///< placeholder of the value, empty when the option takes none
  std::string_view default_text;  ///< parsed like a given value; empty when there is no default
  std::string_view help;
  option_group group;
  /// Stores the value; returns why it is refused, empty when it is not.
  std::string (*apply)(mount_options& options, std::string_view value);
};

/// All options but hdfs.KEY=VALUE, comment= and x-*, which have no fixed name.
std::span<const option_spec> mount_option_table();

/// Applies the -o arguments in order. With `sloppy` (-s) an unknown option becomes a warning. Throws config_error that
/// names the option.
mount_options parse_mount_options(const std::vector<std::string>& arguments, bool sloppy);

/// Splits at commas; a backslash makes the next character literal, double quotes protect commas, as in mount(8).
std::vector<std::string> split_options(std::string_view text);

}  // namespace hdfsmount::config
