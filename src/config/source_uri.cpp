#include "config/source_uri.hpp"

#include <arpa/inet.h>
#include <libxml/xmlstring.h>

#include <algorithm>

#include "config/config_error.hpp"
#include "config/values.hpp"

namespace hdfsmount::config {
namespace {

constexpr std::string_view scheme_prefix = "hdfs://";

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET6, text.substr(0, text.find('%')).c_str(), &address) == 1;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool has_scheme(std::string_view text) {
  return text.size() >= scheme_prefix.size() &&
         std::equal(scheme_prefix.begin(), scheme_prefix.end(), text.begin(), [](char expected, char c) {
           return c == expected || (c >= 'A' && c <= 'Z' && c - 'A' + 'a' == expected);
         });
}

std::string normalised_path(std::string_view text, std::string_view what) {
  if (!xmlCheckUTF8(reinterpret_cast<const unsigned char*>(std::string(text).c_str()))) {
    throw config_error::of("{}: the directory is not valid UTF-8, so HDFS cannot hold it", what);
  }
  std::string path;
  while (!text.empty()) {
    const auto end = std::min(text.find('/'), text.size());
    const auto component = text.substr(0, end);
    if (component == ".." || component == ".") {
      throw config_error::of("{}: the directory must not contain '{}'; write its full name", what, component);
    }
    if (!component.empty()) path.append("/").append(component);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return path.empty() ? "/" : path;
}

std::uint16_t parse_port(std::string_view text, std::string_view what) {
  const auto number = parse_integer(text);
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || !number || *number < 1 || *number > 65535) {
    throw config_error::of("{}: '{}' is not a port; write a number from 1 to 65535", what, text);
  }
  return static_cast<std::uint16_t>(*number);
}

host_port parse_bracketed(std::string_view text, std::string_view what) {
  const auto close = text.find(']');
  const auto address = std::string(text.substr(1, close == std::string_view::npos ? close : close - 1));
  if (close == std::string_view::npos || !is_ipv6(address)) {
    throw config_error::of("{}: '{}' is not an IPv6 address in brackets; write it as in [::1]:8020", what, text);
  }
  const auto rest = text.substr(close + 1);
  if (rest.empty()) return {address, std::nullopt};
  if (rest.front() != ':') throw config_error::of("{}: '{}' after the address is not :PORT", what, rest);
  return {address, parse_port(rest.substr(1), what)};
}

}  // namespace

std::string bracketed(std::string_view host) {
  return host.find(':') == std::string_view::npos ? std::string(host) : fmt::format("[{}]", host);
}

std::string source_uri::authority() const {
  return port ? fmt::format("{}:{}", bracketed(host), *port) : bracketed(host);
}

host_port parse_authority(std::string_view text, std::string_view what) {
  if (text.starts_with('[')) return parse_bracketed(text, what);
  if (std::count(text.begin(), text.end(), ':') > 1) {
    throw config_error::of("{}: '{}' has more than one colon; put an IPv6 address in brackets, as in [::1]:8020", what,
                           text);
  }
  const auto colon = text.find(':');
  const auto host = text.substr(0, colon);
  if (host.find('@') != std::string_view::npos) {
    throw config_error::of("{}: '{}' names a user; give it as -o hdfs_user=NAME instead", what, text);
  }
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_character)) {
    throw config_error::of("{}: '{}' is not a host name", what, host);
  }
  if (colon == std::string_view::npos) return {std::string(host), std::nullopt};
  return {std::string(host), parse_port(text.substr(colon + 1), what)};
}

source_uri parse_source_uri(std::string_view text, std::string_view what) {
  const auto named = fmt::format("{} '{}'", what, text);
  if (!has_scheme(text)) {
    throw config_error::of("{}: not an HDFS address; write hdfs://HOST:PORT/DIR or hdfs://NAMESERVICE/DIR", named);
  }
  text.remove_prefix(scheme_prefix.size());
  const auto slash = std::min(text.find('/'), text.size());
  source_uri uri;
  uri.path = normalised_path(text.substr(slash), named);
  if (slash == 0) return uri;
  auto [host, port] = parse_authority(text.substr(0, slash), named);
  uri.host = std::move(host);
  uri.port = port;
  return uri;
}

}  // namespace hdfsmount::config
