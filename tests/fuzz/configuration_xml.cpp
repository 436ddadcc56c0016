#include <algorithm>

#include "config/config_error.hpp"
#include "config/hadoop_configuration.hpp"
#include "promise.hpp"
#include "targets.hpp"

namespace hdfsmount::fuzz {
namespace {

using config::config_error;

/// What libxml2 lets entities grow to, whatever the size of the file.
constexpr std::size_t longest_expansion = 16 * 1024 * 1024;
constexpr std::size_t most_substitutions = 20;

/// Runs a step of reading the configuration, which may refuse it in one printable line.
template <class Step>
bool accepted(Step step) {
  try {
    step();
    return true;
  } catch (const config_error& refusal) {
    const std::string_view line(refusal.what());
    promise(!line.empty() && line.size() < 8000, "a message is one line");
    promise(std::none_of(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
            "a message is one printable line");
    return false;
  }
}

void read_values(const config::hadoop_configuration& all, const std::string& key, std::size_t expanded) {
  accepted([&] {
    const auto value = all.get(key);
    promise(!value || value->size() <= (most_substitutions + 1) * expanded, "a value is bounded");
  });
  accepted([&] { all.get_integer(key); });
  accepted([&] { all.get_size(key); });
  accepted([&] { all.get_bool(key); });
  accepted([&] { all.get_duration(key, std::chrono::seconds(1)); });
  accepted([&] { all.get_list(key); });
}

}  // namespace

void configuration_xml(byte_span input) {
  const std::string_view content(reinterpret_cast<const char*>(input.data()), input.size());
  std::vector<config::xml_property> properties;
  if (!accepted([&] { properties = config::parse_hadoop_xml(content, "no-such-directory/site.xml"); })) return;
  std::size_t expanded = 0;
  for (const auto& property : properties) {
    promise(!property.name.empty() && !property.file.empty() && property.line > 0, "a property has a name and a place");
    expanded += property.name.size() + (property.value ? property.value->size() : 0);
  }
  promise(expanded <= input.size() + longest_expansion, "entities are bounded");
  config::hadoop_configuration all(config::environment::of_map({{"HOME", "/home/alice"}}, "alice"));
  all.add(properties);
  for (std::size_t i = 0; i < std::min<std::size_t>(properties.size(), 16); ++i)
    read_values(all, properties[i].name, expanded);
}

}  // namespace hdfsmount::fuzz
