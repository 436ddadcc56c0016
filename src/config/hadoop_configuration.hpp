#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.hpp"
#include "config/hadoop_xml.hpp"
#include "config/values.hpp"

namespace hdfsmount::config {

/// Hadoop's key/value configuration: files loaded one after the other, then values set by hand, which win. Semantics of
/// org.apache.hadoop.conf.Configuration: a later file overrides an earlier one unless that called the key final;
/// ${key},
/// ${env.NAME}, ${env.NAME:-default} and ${env.NAME-default} are replaced on reading; deprecated names of the keys we
/// honour are understood. Not thread-safe; used at start-up only.
class hadoop_configuration {
 public:
  explicit hadoop_configuration(environment env) : environment_(std::move(env)) {}

  /// Adds the properties of an existing file; throws config_error when it is broken.
  void load_file(const std::string& path);
  void add(const std::vector<xml_property>& properties);
  /// Sets a value that wins over every file, final or not. `origin` is how messages and the status display name it.
  void set(const std::string& key, std::string value, std::string origin);

  /// The value with references replaced and blanks trimmed. Throws config_error when more than 19 replacements are
  /// needed (Hadoop's MAX_SUBST).
  std::optional<std::string> get(std::string_view key) const;
  /// As get, but nothing for an empty value. The same holds for the typed getters, which throw config_error naming key
  /// and origin when the value does not parse.
  std::optional<std::string> get_text(std::string_view key) const;
  std::optional<std::int64_t> get_integer(std::string_view key) const;
  std::optional<std::int64_t> get_size(std::string_view key) const;
  std::optional<bool> get_bool(std::string_view key) const;
  std::optional<nanoseconds> get_duration(std::string_view key, nanoseconds unit) const;
  std::vector<std::string> get_list(std::string_view key) const;

  /// "FILE:LINE", or the origin given to set; empty when the key is not set.
  std::string origin(std::string_view key) const;
  /// Throws config_error "ORIGIN: KEY is 'VALUE': reason".
  [[noreturn]] void refuse(std::string_view key, std::string_view reason) const;

  /// The files loaded by name, in order.
  const std::vector<std::string>& files() const { return files_; }

 private:
  struct entry {
    std::string value;
    std::string origin;
  };

  const entry* find(std::string_view key) const;
  std::optional<std::string> lookup_variable(std::string_view name) const;
  std::string substitute(const entry& from, std::string_view key) const;
  template <class Parse>
  auto parsed(std::string_view key, std::string_view expected, Parse parse) const
      -> decltype(parse(std::string_view()));

  environment environment_;
  std::map<std::string, entry, std::less<>> from_files_;
  std::map<std::string, entry, std::less<>> by_hand_;
  std::set<std::string, std::less<>> final_keys_;
  std::vector<std::string> files_;
};

}  // namespace hdfsmount::config
