#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hdfsmount::config {

/// One <property> as it stands in a file, nothing substituted.
struct xml_property {
  std::string name;
  std::optional<std::string> value;  ///< absent when <value> is missing or empty, which Hadoop takes as "not set"
  bool is_final = false;
  std::string file;
  long line = 0;
};

/// The properties of a Hadoop configuration file in document order, those of included files in the place of the
/// <xi:include>. Semantics are those of Hadoop's Configuration.Parser: namespaces and xpointers are ignored, an include
/// that does not exist needs an <xi:fallback>, relative names start at the including file's directory. Nothing is
/// fetched from the network, external entities are refused, entity expansion, size, depth and number of files are
/// bounded. Throws config_error with file and line.
std::vector<xml_property> read_hadoop_xml(const std::string& path);

/// The same for bytes already read; `path` is the name in messages and the start of relative includes.
std::vector<xml_property> parse_hadoop_xml(std::string_view content, const std::string& path);

}  // namespace hdfsmount::config
