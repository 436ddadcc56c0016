#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace hdfsmount::config {

/// What the configuration takes from the process around it. Nothing else in the program reads environment variables.
struct environment {
  /// The value of an environment variable, if it is set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// Name of the effective user; empty when the system has no name for its id.
  std::string user_name;
  /// Where Hadoop's files are looked for last.
  std::string default_directory = "/etc/hadoop/conf";

  /// The real one. Asks the name service once, so call it before any thread that must not wait.
  static environment of_process();
  /// A made-up one, for tests.
  static environment of_map(std::map<std::string, std::string> variables, std::string user_name);
};

}  // namespace hdfsmount::config
