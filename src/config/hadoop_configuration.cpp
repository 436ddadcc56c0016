#include "config/hadoop_configuration.hpp"

#include <array>

#include "config/config_error.hpp"

namespace hdfsmount::config {
namespace {

constexpr int max_substitutions = 20;  // Configuration.MAX_SUBST: the 20th replacement is an error

struct renamed_key {
  std::string_view old_name;
  std::string_view new_name;
};

// Configuration.defaultDeprecations and HdfsConfiguration.addDeprecatedKeys, as far as the keys are ours.
constexpr std::array renamed_keys{
    renamed_key{"fs.default.name", "fs.defaultFS"},
    renamed_key{"dfs.federation.nameservices", "dfs.nameservices"},
    renamed_key{"dfs.socket.timeout", "dfs.client.socket-timeout"},
};

std::string_view current_name(std::string_view key) {
  for (const auto& renamed : renamed_keys) {
    if (renamed.old_name == key) return renamed.new_name;
  }
  return key;
}

/// The left-most "${name}" whose name is not empty and holds no blank, '$' or '}' (Configuration.findSubVariable).
struct reference {
  std::size_t begin = std::string_view::npos;
  std::string_view name;
};

reference find_reference(std::string_view text) {
  for (auto begin = text.find("${"); begin != std::string_view::npos; begin = text.find("${", begin + 1)) {
    const auto stop = text.find_first_of("} $", begin + 2);
    if (stop == std::string_view::npos) break;
    if (text[stop] == '}' && stop > begin + 2) return {begin, text.substr(begin + 2, stop - begin - 2)};
  }
  return {};
}

}  // namespace

void hadoop_configuration::load_file(const std::string& path) {
  add(read_hadoop_xml(path));
  files_.push_back(path);
}

void hadoop_configuration::add(const std::vector<xml_property>& properties) {
  for (const auto& property : properties) {
    const std::string key(current_name(property.name));
    if (property.value && !final_keys_.contains(key)) {
      from_files_[key] = {*property.value, fmt::format("{}:{}", property.file, property.line)};
    }
    if (property.is_final) final_keys_.insert(key);
  }
}

void hadoop_configuration::set(const std::string& key, std::string value, std::string origin) {
  by_hand_[std::string(current_name(trim(key)))] = {std::move(value), std::move(origin)};
}

const hadoop_configuration::entry* hadoop_configuration::find(std::string_view key) const {
  const auto name = current_name(key);
  if (const auto found = by_hand_.find(name); found != by_hand_.end()) return &found->second;
  if (const auto found = from_files_.find(name); found != from_files_.end()) return &found->second;
  return nullptr;
}

/// The environment, then the one Java system property that matters to a client, then the configuration itself.
std::optional<std::string> hadoop_configuration::lookup_variable(std::string_view name) const {
  if (name.starts_with("env.") && name.size() > 4) {
    const std::string variable(name.substr(4));
    const auto dash = variable.find('-');
    const bool also_if_empty = dash != std::string::npos && dash > 0 && variable[dash - 1] == ':';
    const auto value = environment_.variable(variable.substr(0, also_if_empty ? dash - 1 : dash));
    if (dash != std::string::npos && (!value || (also_if_empty && value->empty()))) return variable.substr(dash + 1);
    if (value) return value;
  }
  if (name == "user.name" && !environment_.user_name.empty()) return environment_.user_name;
  if (const auto found = find(name)) return found->value;
  return std::nullopt;
}

std::string hadoop_configuration::substitute(const entry& from, std::string_view key) const {
  auto text = from.value;
  for (int i = 0; i < max_substitutions; ++i) {
    const auto found = find_reference(text);
    if (found.name.empty()) return text;
    const auto value = lookup_variable(found.name);
    if (!value) return text;
    const auto whole = fmt::format("${{{}}}", found.name);
    if (value->find(whole) != std::string::npos) return from.value;
    text.replace(found.begin, whole.size(), *value);
  }
  throw config_error::of(
      "{}: {} needs more than {} replacements of ${{...}}: '{}'; look for keys that refer to each other", from.origin,
      key, max_substitutions - 1, from.value);
}

std::optional<std::string> hadoop_configuration::get(std::string_view key) const {
  const auto found = find(key);
  if (!found) return std::nullopt;
  return std::string(trim(substitute(*found, key)));
}

std::optional<std::string> hadoop_configuration::get_text(std::string_view key) const {
  auto value = get(key);
  return value && value->empty() ? std::nullopt : value;
}

template <class Parse>
auto hadoop_configuration::parsed(std::string_view key, std::string_view expected, Parse parse) const
    -> decltype(parse(std::string_view())) {
  const auto text = get_text(key);
  if (!text) return std::nullopt;
  const auto value = parse(*text);
  if (!value) refuse(key, expected);
  return value;
}

std::optional<std::int64_t> hadoop_configuration::get_integer(std::string_view key) const {
  return parsed(key, "not a whole number", parse_integer);
}

std::optional<std::int64_t> hadoop_configuration::get_size(std::string_view key) const {
  return parsed(key, "not a size; write a number of bytes, or one with k, m or g, as in 128m", parse_size);
}

std::optional<bool> hadoop_configuration::get_bool(std::string_view key) const {
  return parsed(key, "neither true nor false", parse_bool);
}

std::optional<nanoseconds> hadoop_configuration::get_duration(std::string_view key, nanoseconds unit) const {
  return parsed(key, "not a time; write a number, or one with ns, us, ms, s, m, h or d, as in 20s",
                [unit](std::string_view text) { return parse_duration(text, unit); });
}

std::vector<std::string> hadoop_configuration::get_list(std::string_view key) const {
  return parse_list(get(key).value_or(std::string()));
}

std::string hadoop_configuration::origin(std::string_view key) const {
  const auto found = find(key);
  return found ? found->origin : std::string();
}

void hadoop_configuration::refuse(std::string_view key, std::string_view reason) const {
  const auto found = find(key);
  throw config_error::of("{}: {} is '{}': {}", found ? found->origin : "built-in default", key,
                         found ? std::string(trim(substitute(*found, key))) : std::string(), reason);
}

}  // namespace hdfsmount::config
