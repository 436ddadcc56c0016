#include "cli/status_report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "cli/version.hpp"

namespace hdfsmount::cli {
namespace {

namespace json = boost::json;

json::array configuration(const config::settings& settings) {
  json::array out;
  for (const auto& row : settings.describe())
    out.push_back(json::object{{"key", row.key}, {"value", row.value}, {"source", row.source}});
  return out;
}

json::object counters(const std::vector<metrics::sample>& numbers) {
  json::object out;
  for (const auto& number : numbers) {
    if (number.label.empty()) {
      out[number.name] = number.value;
      continue;
    }
    auto& labels = out[number.name];
    if (!labels.is_object()) labels = json::object();
    labels.as_object()[number.label] = number.value;
  }
  return out;
}

json::object files(const fs::file_system::counts& count) {
  return {{"inodes", count.inodes},
          {"lookups", count.lookups},
          {"open_files", count.open_files},
          {"open_directories", count.open_directories},
          {"cached_entries", count.cached_entries}};
}

/// A member as text without quotes; reports come from a daemon that may be of another version.
std::string text_of(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  if (value == nullptr) return "?";
  return printable(value->is_string() ? std::string(value->as_string()) : json::serialize(*value));
}

void append_numbers(std::string& out, const std::string& name, const json::value& value) {
  if (!value.is_object()) {
    out += fmt::format("  {} {}\n", name, json::serialize(value));
    return;
  }
  for (const auto& [label, number] : value.as_object())
    out += fmt::format("  {}{{{}}} {}\n", name, printable(label), json::serialize(number));
}

void append_section(std::string& out, const json::object& report, const std::string& name) {
  const auto* section = report.if_contains(name);
  if (section == nullptr || !section->is_object()) return;
  out += name + ":\n";
  for (const auto& [key, value] : section->as_object()) append_numbers(out, printable(key), value);
}

}  // namespace

json::value status_report(const status_input& input) {
  return json::object{{"version", std::string(version())},
                      {"pid", ::getpid()},
                      {"mount_point", input.mount_point},
                      {"source", input.settings.source.uri},
                      {"hdfs_user", input.settings.hdfs_user},
                      {"namenode", input.namenode},
                      {"log_level", std::string(to_string(input.level))},
                      {"uptime_seconds", input.uptime.count()},
                      {"configuration", configuration(input.settings)},
                      {"files", files(input.files)},
                      {"counters", counters(input.numbers)}};
}

std::string status_text(const json::value& answer) {
  if (!answer.is_object()) return json::serialize(answer) + "\n";
  const auto& report = answer.as_object();
  auto out = fmt::format("{} on {}\n", text_of(report, "source"), text_of(report, "mount_point"));
  for (const auto* name : {"version", "pid", "hdfs_user", "namenode", "log_level", "uptime_seconds"})
    out += fmt::format("{}: {}\n", name, text_of(report, name));
  const auto* rows = report.if_contains("configuration");
  if (rows != nullptr && rows->is_array()) {
    out += "configuration:\n";
    for (const auto& row : rows->as_array()) {
      if (!row.is_object()) continue;
      const auto& fields = row.as_object();
      out +=
          fmt::format("  {} = {}  ({})\n", text_of(fields, "key"), text_of(fields, "value"), text_of(fields, "source"));
    }
  }
  append_section(out, report, "files");
  append_section(out, report, "counters");
  return out;
}

}  // namespace hdfsmount::cli
