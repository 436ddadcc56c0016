#include "config/search_path.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "config/config_error.hpp"

namespace hdfsmount::config {
namespace {

constexpr std::array site_files{"core-site.xml", "hdfs-site.xml", "hdfs-rbf-site.xml"};

/// False when nothing of that name exists; throws when that cannot be told.
bool exists(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw config_error::of("cannot read {}: {}; name another directory with -o conf=DIR", path,
                         std::generic_category().message(errno));
}

std::vector<std::string> site_files_in(const std::filesystem::path& directory) {
  std::vector<std::string> found;
  for (const auto name : site_files) {
    if (auto path = (directory / name).string(); exists(path)) found.push_back(std::move(path));
  }
  return found;
}

void require_directory(const std::string& directory, std::string_view named_by) {
  if (!exists(directory)) throw config_error::of("{} names {}, which does not exist", named_by, directory);
  if (!std::filesystem::is_directory(directory)) {
    throw config_error::of("{} names {}, which is not a directory; name the directory that holds core-site.xml",
                           named_by, directory);
  }
}

std::vector<std::string> named_file(const std::string& path) {
  if (!exists(path)) throw config_error::of("LIBHDFS3_CONF names {}, which does not exist", path);
  if (std::filesystem::is_directory(path)) {
    throw config_error::of("LIBHDFS3_CONF names {}, a directory; name the hdfs-site.xml itself or use HADOOP_CONF_DIR",
                           path);
  }
  const std::filesystem::path file(path);
  return file.filename() == "hdfs-site.xml" ? site_files_in(file.parent_path()) : std::vector{path};
}

}  // namespace

std::vector<std::string> find_configuration_files(const std::string& conf_option, const environment& env) {
  const auto set = [&](const char* name) { return env.variable(name).value_or(std::string()); };
  if (!conf_option.empty()) {
    require_directory(conf_option, "option conf=");
    auto files = site_files_in(conf_option);
    if (files.empty()) {
      throw config_error::of(
          "option conf= names {}, which holds no core-site.xml, hdfs-site.xml or hdfs-rbf-site.xml; "
          "name the right directory, or use -o noautoconf to read none",
          conf_option);
    }
    return files;
  }
  if (const auto file = set("LIBHDFS3_CONF"); !file.empty()) return named_file(file);
  if (const auto directory = set("HADOOP_CONF_DIR"); !directory.empty()) {
    require_directory(directory, "HADOOP_CONF_DIR");
    return site_files_in(directory);
  }
  std::vector<std::string> implied;
  if (const auto install = set("HADOOP_INSTALL"); !install.empty()) implied.push_back(install + "/hadoop/conf");
  if (const auto home = set("HADOOP_HOME"); !home.empty()) implied.push_back(home + "/etc/hadoop");
  implied.push_back(env.default_directory);
  for (const auto& directory : implied) {
    if (auto files = site_files_in(directory); !files.empty()) return files;
  }
  return {};
}

}  // namespace hdfsmount::config
