#include "config/hadoop_xml.hpp"

#include <algorithm>
#include <filesystem>

#include "config/config_error.hpp"
#include "config/local_file.hpp"
#include "config/values.hpp"
#include "config/xml_document.hpp"

namespace hdfsmount::config {
namespace {

constexpr std::size_t max_include_depth = 20;
constexpr std::size_t max_files = 256;

class hadoop_xml_reader {
 public:
  void read_file(const std::string& path) { read_content(read_local_file(path), path); }

  void read_content(std::string_view content, const std::string& path) {
    const xml_document document(content, path);
    const auto root = document.root();
    if (root.name() != "configuration" && root.name() != "property") {
      throw config_error::of("{}:{}: the outermost element is <{}>, not <configuration>; {}", path, root.line(),
                             root.name(), mend_advice);
    }
    open_files_.push_back(path);
    visit(root);
    open_files_.pop_back();
  }

  std::vector<xml_property> take() { return std::move(properties_); }

 private:
  void visit(xml_element element) {
    if (element.name() == "property") return add_property(element);
    if (element.name() == "include") return include(element);
    for (const auto child : element.children()) visit(child);
  }

  void add_property(xml_element element) {
    xml_property property;
    property.file = open_files_.back();
    property.line = element.line();
    if (const auto name = element.attribute("name")) property.name = *name;
    property.value = element.attribute("value");
    property.is_final = element.attribute("final") == "true";
    for (const auto child : element.children()) {
      const auto text = child.text();
      if (child.name() == "name" && !text.empty()) property.name = trim(text);
      if (child.name() == "value" && !text.empty()) property.value = text;
      if (child.name() == "final") property.is_final = text == "true";
      if (child.name() == "include") include(child);
    }
    if (!property.name.empty()) properties_.push_back(std::move(property));
  }

  void include(xml_element element) {
    const auto href = element.attribute("href");
    if (!href) return;
    const auto place = fmt::format("{}:{}", open_files_.back(), element.line());
    const auto target = resolve(*href, place);
    std::error_code ignored;
    if (!std::filesystem::exists(target, ignored)) return fall_back(element, target, place);
    if (++files_ > max_files)
      throw config_error::of("{}: more than {} files are included; {}", place, max_files, mend_advice);
    if (open_files_.size() >= max_include_depth ||
        std::find(open_files_.begin(), open_files_.end(), target) != open_files_.end()) {
      throw config_error::of("{}: {} includes itself, or includes are nested more than {} deep; {}", place, target,
                             max_include_depth, mend_advice);
    }
    read_file(target);
  }

  void fall_back(xml_element element, const std::string& target, const std::string& place) {
    bool found = false;
    for (const auto child : element.children()) {
      if (child.name() != "fallback") continue;
      found = true;
      visit(child);
    }
    if (!found) {
      throw config_error::of("{}: the included file {} does not exist; create it or give the include an <xi:fallback/>",
                             place, target);
    }
  }

  std::string resolve(std::string href, const std::string& place) const {
    if (href.starts_with("file:")) {
      href.erase(0, 5);
      if (href.starts_with("//")) href.erase(0, 2);
    } else if (const auto colon = href.find("://"); colon != std::string::npos && colon < href.find('/')) {
      throw config_error::of("{}: cannot include {}: only local files are read; copy it beside this file", place, href);
    }
    const std::filesystem::path path(href);
    if (path.is_absolute()) return path.lexically_normal().string();
    return (std::filesystem::path(open_files_.back()).parent_path() / path).lexically_normal().string();
  }

  std::vector<xml_property> properties_;
  std::vector<std::string> open_files_;
  std::size_t files_ = 1;
};

}  // namespace

std::vector<xml_property> read_hadoop_xml(const std::string& path) {
  hadoop_xml_reader reader;
  reader.read_file(path);
  return reader.take();
}

std::vector<xml_property> parse_hadoop_xml(std::string_view content, const std::string& path) {
  hadoop_xml_reader reader;
  reader.read_content(content, path);
  return reader.take();
}

}  // namespace hdfsmount::config
