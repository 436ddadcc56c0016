#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hdfsmount::config {

inline constexpr std::uint16_t default_namenode_port = 8020;

/// hdfs://host[:port][/dir], with an IPv6 address in brackets.
struct source_uri {
  std::string host;                   ///< a host, an address without brackets, or a nameservice; empty in hdfs:///dir
  std::optional<std::uint16_t> port;  ///< as written
  std::string path = "/";             ///< absolute, no empty components, no slash at the end except in "/"

  /// "host", "host:port" or "[address]:port", as written.
  std::string authority() const;
};

/// Throws config_error; `what` begins its message and names the text, as in "SOURCE" or "FILE:LINE: fs.defaultFS".
source_uri parse_source_uri(std::string_view text, std::string_view what);

struct host_port {
  std::string host;
  std::optional<std::uint16_t> port;
};

/// "host", "host:port", "[address]" or "[address]:port"; throws config_error that begins with `what`.
host_port parse_authority(std::string_view text, std::string_view what);

/// The host with brackets where it is an IPv6 address.
std::string bracketed(std::string_view host);

}  // namespace hdfsmount::config
