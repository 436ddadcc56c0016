#include "cli/start_failure.hpp"

#include <fmt/format.h>

#include "fs/errors.hpp"

namespace hdfsmount::cli {
namespace {

std::string addresses(const config::resolved_source& source) {
  std::string out;
  for (const auto& one : source.namenodes) out += (out.empty() ? "" : ", ") + one.to_string();
  return out;
}

/// Which setting the addresses came from.
std::string origin(const config::resolved_source& source) {
  if (source.nameservice.empty()) return source.origin;
  return fmt::format("dfs.namenode.rpc-address.{}.*", source.nameservice);
}

std::string advice(const config::resolved_source& source, const std::string& user, const error& failure) {
  const auto& code = failure.code();
  if (code == make_error_code(errc::unknown_host)) return fmt::format("check the host name in {}", origin(source));
  if (code == make_error_code(errc::connect_failed))
    return fmt::format(
        "is the NameNode running, and is this its RPC port (dfs.namenode.rpc-address)? The address comes from {}",
        origin(source));
  if (code == make_error_code(errc::connection_lost) || code == make_error_code(errc::protocol_error))
    return fmt::format("does the address from {} belong to a NameNode's RPC port, not its web port?", origin(source));
  if (code == make_error_code(errc::timed_out))
    return "the NameNode does not answer; is it hung, or starting? -o timeout= is how long to wait";
  if (code == make_error_code(errc::authentication_failed) || code == make_error_code(namenode_errc::unauthorized))
    return fmt::format("the cluster does not accept user {} without Kerberos (hadoop.security.authentication)", user);
  if (code == make_error_code(namenode_errc::not_found))
    return fmt::format("directory {} does not exist there", source.path);
  if (code == fs::make_error_code(fs::fs_errc::not_directory)) return fmt::format("{} is not a directory", source.path);
  if (code == make_error_code(namenode_errc::access_denied))
    return fmt::format("user {} may not reach {}; -o hdfs_user= chooses another user", user, source.path);
  if (code == make_error_code(errc::unsupported)) return "this cluster cannot be mounted";
  if (code == make_error_code(namenode_errc::standby))
    return "none of the NameNodes is active; see hdfs haadmin -getAllServiceState";
  return "see the NameNode's log";
}

}  // namespace

result<void> check_supported(const wire::server_defaults& cluster) {
  if (!cluster.encrypt_data_transfer) return {};
  return error(errc::unsupported, "the cluster demands encrypted data transfer (dfs.encrypt.data.transfer)");
}

std::string explain_start_failure(const config::resolved_source& source, const std::string& hdfs_user,
                                  const error& failure) {
  return fmt::format("cannot mount {} (NameNode {}): {}; {}", source.uri, addresses(source),
                     printable(failure.to_string(), 300), advice(source, hdfs_user, failure));
}

}  // namespace hdfsmount::cli
