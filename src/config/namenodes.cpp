#include "config/namenodes.hpp"

#include <algorithm>

#include "config/config_error.hpp"

namespace hdfsmount::config {
namespace {

constexpr std::string_view address_key = "dfs.namenode.rpc-address";

std::string key_for(std::string_view key, std::string_view nameservice) {
  return fmt::format("{}.{}", key, nameservice);
}

/// The configured address under `key`, if any.
std::optional<namenode_endpoint> endpoint_of(const std::string& key, std::string id,
                                             const hadoop_configuration& configuration) {
  const auto text = configuration.get_text(key);
  if (!text) return std::nullopt;
  const auto address = parse_authority(*text, fmt::format("{}: {}", configuration.origin(key), key));
  return namenode_endpoint{std::move(id), address.host, address.port.value_or(default_namenode_port)};
}

std::vector<namenode_endpoint> endpoints_of(const std::string& nameservice, const hadoop_configuration& configuration) {
  const auto list_key = key_for("dfs.ha.namenodes", nameservice);
  std::vector<namenode_endpoint> endpoints;
  for (const auto& id : configuration.get_list(list_key)) {
    const auto key = fmt::format("{}.{}.{}", address_key, nameservice, id);
    auto endpoint = endpoint_of(key, id, configuration);
    if (!endpoint) {
      throw config_error::of(
          "{}: {} lists '{}', but {} is not set; set it in hdfs-site.xml or with -o hdfs.{}=HOST:PORT",
          configuration.origin(list_key), list_key, id, key, key);
    }
    if (std::find(endpoints.begin(), endpoints.end(), *endpoint) == endpoints.end()) endpoints.push_back(*endpoint);
  }
  if (!endpoints.empty()) return endpoints;
  if (auto single = endpoint_of(key_for(address_key, nameservice), {}, configuration)) return {std::move(*single)};
  throw config_error::of("nameservice '{}' has no NameNode: neither {} nor {} is set; set one in hdfs-site.xml",
                         nameservice, list_key, key_for(address_key, nameservice));
}

bool is_nameservice(const std::string& host, const hadoop_configuration& configuration) {
  const auto names = configuration.get_list("dfs.nameservices");
  return std::find(names.begin(), names.end(), host) != names.end() ||
         configuration.get_text(key_for("dfs.ha.namenodes", host)).has_value();
}

/// hdfs:///dir and no SOURCE at all take host and port, or everything, from fs.defaultFS.
source_uri effective_uri(std::string_view source, const hadoop_configuration& configuration, std::string& origin) {
  std::optional<source_uri> given;
  if (!source.empty()) given = parse_source_uri(source, "SOURCE");
  origin = "SOURCE";
  if (given && !given->host.empty()) return *given;
  const auto text = configuration.get_text("fs.defaultFS");
  if (!text) {
    throw config_error(
        "no SOURCE is given and fs.defaultFS is not set; name the source as hdfs://HOST:PORT/ or the "
        "directory of core-site.xml with -o conf=DIR");
  }
  origin = fmt::format("{}: fs.defaultFS", configuration.origin("fs.defaultFS"));
  auto uri = parse_source_uri(*text, origin);
  if (uri.host.empty())
    throw config_error::of("{} '{}': names no host; name the source on the command line", origin, *text);
  if (given) uri.path = given->path;
  return uri;
}

}  // namespace

std::string namenode_endpoint::to_string() const {
  return fmt::format("{}:{}", bracketed(host), port);
}

resolved_source resolve_source(std::string_view source, const hadoop_configuration& configuration) {
  resolved_source resolved;
  const auto uri = effective_uri(source, configuration, resolved.origin);
  resolved.path = uri.path;
  const bool ha = configuration.get_text(key_for("dfs.ha.namenodes", uri.host)).has_value();
  if (uri.port && ha) {
    throw config_error::of("{}: '{}' is a nameservice, which has no port; write hdfs://{}{}", resolved.origin, uri.host,
                           uri.host, uri.path);
  }
  if (!uri.port && is_nameservice(uri.host, configuration)) {
    resolved.nameservice = uri.host;
    resolved.namenodes = endpoints_of(uri.host, configuration);
    resolved.uri = fmt::format("hdfs://{}{}", uri.host, uri.path);
    return resolved;
  }
  resolved.namenodes = {{{}, uri.host, uri.port.value_or(default_namenode_port)}};
  resolved.uri = fmt::format("hdfs://{}{}", resolved.namenodes.front().to_string(), uri.path);
  return resolved;
}

}  // namespace hdfsmount::config
