#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "config/hadoop_keys.hpp"
#include "config/mount_options.hpp"
#include "config/values.hpp"

namespace hdfsmount::config {
namespace {

/// The table rows of one "## " section of docs/configuration.md: first cell -> second cell, without back-ticks.
class documentation {
 public:
  documentation() {
    std::ifstream in(CONFIGURATION_DOCUMENT);
    std::string line;
    while (std::getline(in, line)) {
      if (line.starts_with("## ")) section_ = line.substr(3);
      text_[section_] += line + "\n";
      if (line.starts_with("| `")) add_row(line);
    }
  }

  const std::string& text(const std::string& section) { return text_[section]; }
  const std::map<std::string, std::string>& rows(const std::string& section) { return rows_[section]; }

 private:
  static std::string cell(std::istringstream& cells) {
    std::string text;
    std::getline(cells, text, '|');
    std::erase(text, '`');
    return std::string(trim(text));
  }

  void add_row(const std::string& line) {
    std::istringstream cells(line.substr(1));
    const auto name = cell(cells);
    EXPECT_TRUE(rows_[section_].emplace(name, cell(cells)).second) << "twice: " << name;
    for (const auto column : {"meaning", "example"}) EXPECT_NE(cell(cells), "") << name << " has no " << column;
  }

  std::string section_;
  std::map<std::string, std::string> text_;
  std::map<std::string, std::map<std::string, std::string>> rows_;
};

std::map<std::string, std::string> options_of_table() {
  std::map<std::string, std::string> rows{{"hdfs.KEY=VALUE", "none"}};
  for (const auto& spec : mount_option_table()) {
    if (spec.group == option_group::ignored) continue;
    const auto name = std::string(spec.name) + (spec.value.empty() ? "" : "=" + std::string(spec.value));
    rows[name] = spec.default_text.empty() ? "none" : std::string(spec.default_text);
  }
  return rows;
}

TEST(documentation, lists_exactly_the_options_of_the_table) {
  EXPECT_EQ(documentation().rows("Mount options"), options_of_table());
}

TEST(documentation, lists_exactly_the_keys_of_the_table) {
  std::map<std::string, std::string> keys;
  for (const auto& key : hadoop_key_table()) {
    keys[std::string(key.name)] = key.default_text.empty() ? "none" : std::string(key.default_text);
  }
  EXPECT_EQ(documentation().rows("Hadoop keys"), keys);
}

TEST(documentation, names_every_ignored_option) {
  documentation document;
  const auto& text = document.text("Accepted and ignored");
  for (const auto& spec : mount_option_table()) {
    if (spec.group != option_group::ignored) continue;
    EXPECT_THAT(text, testing::HasSubstr("`" + std::string(spec.name) + "`"));
  }
}

}  // namespace
}  // namespace hdfsmount::config
