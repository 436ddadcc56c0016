#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/mount_options.hpp"

namespace hdfsmount::config {

/// What the program was asked to do.
enum class command { mount, show_help, show_version };

/// hdfsmount [SOURCE] MOUNTPOINT [-o opt[,opt...]] [-f] [--log-level L], or as mount.hdfs the form of mount(8)'s
/// external helpers: SOURCE MOUNTPOINT [-sfnvrw] [-N ns] [-t type] [-o opts].
struct command_line {
  command what = command::mount;
  bool as_helper = false;   ///< called as mount.hdfs
  bool foreground = false;  ///< -f of hdfsmount: stay attached to the terminal
  bool fake = false;        ///< -f of mount.hdfs: check everything, mount nothing
  std::string source;       ///< empty: fs.defaultFS
  std::string mountpoint;   ///< as written
  mount_options options;
};

/// `arguments` includes argv[0], whose last component decides between the two forms. Throws config_error.
command_line parse_command_line(const std::vector<std::string>& arguments);

/// The text of --help: usage, flags, and every option of the table.
std::string help_text();

}  // namespace hdfsmount::config
