#include "config/mount_options.hpp"

#include <algorithm>

#include "config/config_error.hpp"
#include "config/suggestion.hpp"
#include "config/values.hpp"

namespace hdfsmount::config {
namespace {

constexpr std::string_view hadoop_prefix = "hdfs.";

std::string advice_for(std::string_view name) {
  for (const std::string_view prefix : {"dfs.", "fs.", "ipc.", "hadoop.", "io."}) {
    if (name.starts_with(prefix)) return fmt::format("; a Hadoop key is given as hdfs.{}=VALUE", name);
  }
  std::vector<std::string_view> known{"hdfs.KEY"};
  for (const auto& spec : mount_option_table()) known.push_back(spec.name);
  if (const auto close = closest(name, known); !close.empty()) return fmt::format("; did you mean '{}'?", close);
  return "; see hdfsmount --help";
}

/// fstab's comments and the options that only mount(8) or systemd read.
bool is_remark(std::string_view name) {
  return name == "comment" || name.starts_with("x-") || name.starts_with("X-");
}

class option_parser {
 public:
  explicit option_parser(bool sloppy) : sloppy_(sloppy) {}

  void add(const std::string& option) {
    const auto equals = option.find('=');
    const auto name = option.substr(0, equals);
    const auto value = equals == std::string::npos ? std::nullopt : std::optional(option.substr(equals + 1));
    if (is_remark(name)) return;
    if (name == "remount") throw config_error("option 'remount' is not supported; unmount and mount again instead");
    if (name.starts_with(hadoop_prefix)) return add_hadoop_value(name, value);
    const auto table = mount_option_table();
    const auto spec = std::find_if(table.begin(), table.end(), [&](const option_spec& s) { return s.name == name; });
    if (spec == table.end()) return add_unknown(option, name);
    apply(*spec, option, value);
  }

  mount_options take() { return std::move(options_); }

 private:
  void add_hadoop_value(const std::string& name, const std::optional<std::string>& value) {
    auto key = name.substr(hadoop_prefix.size());
    if (key.empty() || !value) throw config_error::of("option '{}' must be written as hdfs.KEY=VALUE", name);
    options_.hadoop_values.emplace_back(std::move(key), *value);
  }

  void add_unknown(const std::string& option, const std::string& name) {
    auto line = fmt::format("unknown option '{}'{}", option, advice_for(name));
    if (!sloppy_) throw config_error(line);
    options_.warnings.push_back(std::move(line));
  }

  void apply(const option_spec& spec, const std::string& option, const std::optional<std::string>& value) {
    // mount(8) itself writes user=NAME
    const bool takes_value = !spec.value.empty() || spec.name == "user";
    if (value && !takes_value) throw config_error::of("option '{}': '{}' takes no value", option, spec.name);
    if (!value && !spec.value.empty()) {
      throw config_error::of("option '{}' needs a value: {}={}", option, spec.name, spec.value);
    }
    if (const auto why = spec.apply(options_, value.value_or(std::string())); !why.empty()) {
      throw config_error::of("option '{}': {}", option, why);
    }
    if (spec.group != option_group::ignored) options_.given[std::string(spec.name)] = value.value_or(std::string());
  }

  mount_options options_;
  bool sloppy_;
};

}  // namespace

std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> options;
  std::string option;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      option.push_back(text[++i]);
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      options.push_back(std::move(option));
      option.clear();
    } else {
      option.push_back(c);
    }
  }
  options.push_back(std::move(option));
  std::erase_if(options, [](const std::string& o) { return o.empty(); });
  return options;
}

mount_options parse_mount_options(const std::vector<std::string>& arguments, bool sloppy) {
  option_parser parser(sloppy);
  for (const auto& argument : arguments) {
    for (const auto& option : split_options(argument)) parser.add(option);
  }
  auto options = parser.take();
  options.default_permissions |= options.allow_other;
  if (!options.conf.empty() && !options.autoconf) {
    throw config_error("options conf= and noautoconf contradict each other; give one of them");
  }
  return options;
}

}  // namespace hdfsmount::config
