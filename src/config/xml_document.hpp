#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct _xmlDoc;   // NOLINT(bugprone-reserved-identifier): libxml2's names
struct _xmlNode;  // NOLINT(bugprone-reserved-identifier)

namespace hdfsmount::config {

inline constexpr std::string_view mend_advice = "mend the file or name another directory with -o conf=DIR";

/// An element of an xml_document; valid while the document lives. Names are local names: namespaces are ignored.
class xml_element {
 public:
  explicit xml_element(_xmlNode* node) : node_(node) {}
  std::string_view name() const;
  long line() const;
  std::vector<xml_element> children() const;
  std::optional<std::string> attribute(std::string_view name) const;
  /// All text below the element, comments left out.
  std::string text() const;

 private:
  _xmlNode* node_;
};

/// A parsed document. Throws config_error "name:line: what; what to do" when it is not well-formed, declares external
/// entities, or expands its entities beyond libxml2's limits. Touches no network and no other file.
class xml_document {
 public:
  xml_document(std::string_view content, const std::string& name);
  xml_element root() const;

 private:
  std::unique_ptr<_xmlDoc, void (*)(_xmlDoc*)> document_;
};

}  // namespace hdfsmount::config
