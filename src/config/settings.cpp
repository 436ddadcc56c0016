#include "config/settings.hpp"

#include <algorithm>
#include <thread>

#include "config/config_error.hpp"
#include "config/data_directories.hpp"
#include "config/search_path.hpp"

namespace hdfsmount::config {
namespace {

hadoop_configuration read_configuration(const mount_options& options, const environment& env) {
  hadoop_configuration configuration(env);
  if (options.autoconf) {
    for (const auto& file : find_configuration_files(options.conf, env)) configuration.load_file(file);
  }
  for (const auto& [key, value] : options.hadoop_values) configuration.set(key, value, "-o hdfs." + key);
  return configuration;
}

/// The option wins over HADOOP_USER_NAME, which wins over the process' user.
setting_row find_hdfs_user(const mount_options& options, const environment& env) {
  if (!options.hdfs_user.empty()) return {"hdfs_user", options.hdfs_user, "-o hdfs_user"};
  if (const auto name = env.variable("HADOOP_USER_NAME"); name && !name->empty()) {
    return {"hdfs_user", *name, "HADOOP_USER_NAME"};
  }
  if (env.user_name.empty()) {
    throw config_error(
        "this process' user id has no name; name the HDFS user with -o hdfs_user=NAME or HADOOP_USER_NAME");
  }
  return {"hdfs_user", env.user_name, "user of the process"};
}

void describe_source(const resolved_source& source, const hadoop_configuration& configuration,
                     std::vector<setting_row>& rows) {
  rows.push_back({"source", source.uri, source.origin});
  if (!source.nameservice.empty()) rows.push_back({"nameservice", source.nameservice, source.origin});
  for (const auto& namenode : source.namenodes) {
    const auto suffix = namenode.id.empty() ? std::string() : "." + namenode.id;
    const auto origin = configuration.origin(fmt::format("dfs.namenode.rpc-address.{}{}", source.nameservice, suffix));
    rows.push_back({"namenode" + suffix, namenode.to_string(), source.nameservice.empty() ? source.origin : origin});
  }
}

void describe_options(const mount_options& options, std::vector<setting_row>& rows) {
  for (const auto& spec : mount_option_table()) {
    if (spec.name == "hdfs_user") continue;  // shown with its own rule of precedence
    const auto given = options.given.find(std::string(spec.name));
    if (given != options.given.end()) {
      rows.push_back({given->first, spec.value.empty() ? "yes" : given->second, fmt::format("-o {}", spec.name)});
    } else if (!spec.default_text.empty()) {
      rows.push_back({std::string(spec.name), std::string(spec.default_text), "default"});
    }
  }
}

void describe_keys(const hadoop_configuration& configuration, std::vector<setting_row>& rows) {
  for (const auto& key : hadoop_key_table()) {
    if (const auto value = configuration.get_text(key.name)) {
      rows.push_back({std::string(key.name), *value, configuration.origin(key.name)});
    } else if (!key.default_text.empty()) {
      rows.push_back({std::string(key.name), std::string(key.default_text), "default"});
    }
  }
}

/// Whether `key` is in the table, where NS and NN stand for any text.
bool is_honoured(std::string_view key) {
  const auto table = hadoop_key_table();
  return std::any_of(table.begin(), table.end(), [&](const hadoop_key& row) {
    const auto pattern = row.name.find(".NS");
    return pattern == std::string_view::npos ? key == row.name : key.starts_with(row.name.substr(0, pattern + 1));
  });
}

std::vector<std::string> collect_warnings(const mount_options& options) {
  auto warnings = options.warnings;
  if (options.allow_other) {
    warnings.emplace_back(
        "allow_other: every local user acts as this mount's HDFS user; the kernel checks mode bits "
        "(default_permissions), the NameNode does not tell the users apart");
  }
  for (const auto& [key, value] : options.hadoop_values) {
    if (is_honoured(key)) continue;
    warnings.push_back(
        fmt::format("-o hdfs.{}: not a key that hdfsmount honours; only ${{{}}} in other values sees it", key, key));
  }
  return warnings;
}

unsigned choose_threads(unsigned wanted) {
  return wanted ? wanted : std::clamp(std::thread::hardware_concurrency(), 2U, 4U);
}

}  // namespace

settings load_settings(const command_line& line, const environment& env) {
  const auto configuration = read_configuration(line.options, env);
  settings loaded;
  loaded.mountpoint = line.mountpoint;
  loaded.options = line.options;
  loaded.hadoop = read_hadoop_settings(configuration);
  loaded.hadoop.datanode_timeout =
      std::clamp(line.options.timeout / 4, milliseconds(1), loaded.hadoop.datanode_timeout);
  loaded.source = resolve_source(line.source, configuration);
  const auto user = find_hdfs_user(line.options, env);
  loaded.hdfs_user = user.value;
  loaded.threads = choose_threads(line.options.threads);
  loaded.data_directories = find_data_directories(line.options, configuration);
  loaded.level = line.options.level.value_or(log_level::info);
  loaded.files = configuration.files();
  loaded.warnings = collect_warnings(line.options);
  describe_source(loaded.source, configuration, loaded.rows);
  loaded.rows.push_back(user);
  describe_options(line.options, loaded.rows);
  describe_keys(configuration, loaded.rows);
  return loaded;
}

}  // namespace hdfsmount::config
