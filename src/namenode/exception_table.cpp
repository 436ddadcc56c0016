#include "namenode/exception_table.hpp"

#include <fmt/format.h>

#include <array>

namespace hdfsmount::namenode {
namespace {

/// Empty `method`: every method. Empty `phrase`: every message. The first row that fits counts.
struct row {
  std::string_view method;
  std::string_view class_name;
  std::string_view phrase;
  boost::system::error_code code;
};

using enum namenode_errc;

boost::system::error_code as_code(namenode_errc e) {
  return make_error_code(e);
}

const auto& table() {
  static const std::array rows{
      // Permission checks walk down the path and find out on the way that something is not a directory; before Hadoop 3
      // that was an AccessControlException.
      row{"", "org.apache.hadoop.security.AccessControlException", "is not a directory", as_code(not_directory)},
      row{"", "org.apache.hadoop.security.AccessControlException", "", as_code(access_denied)},
      row{"", "org.apache.hadoop.hdfs.protocol.SnapshotAccessControlException", "", as_code(access_denied)},
      row{"getBlockLocations", "java.io.FileNotFoundException", "not a file", as_code(is_directory)},
      row{"", "java.io.FileNotFoundException", "", as_code(not_found)},
      row{"", "org.apache.hadoop.fs.PathNotFoundException", "", as_code(not_found)},
      row{"getListing", "org.apache.hadoop.fs.DirectoryListingStartAfterNotFoundException", "", as_code(not_found)},
      row{"", "org.apache.hadoop.fs.ParentNotDirectoryException", "", as_code(not_directory)},
      row{"", "org.apache.hadoop.fs.PathIsNotDirectoryException", "", as_code(not_directory)},
      row{"", "org.apache.hadoop.fs.PathIsDirectoryException", "", as_code(is_directory)},
      row{"", "org.apache.hadoop.fs.PathIsNotEmptyDirectoryException", "", as_code(not_empty)},
      row{"", "org.apache.hadoop.fs.FileAlreadyExistsException", "", as_code(already_exists)},
      row{"", "org.apache.hadoop.fs.PathExistsException", "", as_code(already_exists)},
      row{"", "org.apache.hadoop.ipc.StandbyException", "", as_code(standby)},
      row{"", "org.apache.hadoop.ipc.ObserverRetryOnActiveException", "", as_code(observer_retry)},
      row{"", "org.apache.hadoop.ipc.RetriableException", "", as_code(retriable)},
      row{"", "org.apache.hadoop.hdfs.server.namenode.SafeModeException", "", as_code(safe_mode)},
      row{"", "org.apache.hadoop.fs.UnresolvedLinkException", "", as_code(unresolved_link)},
      row{"", "org.apache.hadoop.hdfs.protocol.UnresolvedPathException", "", as_code(unresolved_link)},
      row{"", "org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException", "",
          as_code(name_too_long)},
      row{"", "org.apache.hadoop.hdfs.protocol.FSLimitException$MaxDirectoryItemsExceededException", "",
          as_code(quota_exceeded)},
      row{"", "org.apache.hadoop.hdfs.protocol.NSQuotaExceededException", "", as_code(quota_exceeded)},
      row{"", "org.apache.hadoop.hdfs.protocol.DSQuotaExceededException", "", as_code(quota_exceeded)},
      row{"", "org.apache.hadoop.hdfs.protocol.QuotaByStorageTypeExceededException", "", as_code(quota_exceeded)},
      row{"", "org.apache.hadoop.hdfs.protocol.AlreadyBeingCreatedException", "", as_code(lease_conflict)},
      row{"", "org.apache.hadoop.hdfs.protocol.RecoveryInProgressException", "", as_code(lease_conflict)},
      row{"", "org.apache.hadoop.hdfs.server.namenode.LeaseExpiredException", "", as_code(lease_conflict)},
      row{"", "org.apache.hadoop.hdfs.protocol.SnapshotException", "", as_code(snapshot_error)},
      row{"", "org.apache.hadoop.fs.InvalidPathException", "", as_code(invalid_argument)},
      row{"", "org.apache.hadoop.HadoopIllegalArgumentException", "", as_code(invalid_argument)},
      row{"", "java.lang.IllegalArgumentException", "", as_code(invalid_argument)},
      row{"", "org.apache.hadoop.ipc.RpcNoSuchMethodException", "", as_code(no_such_method)},
      row{"", "java.lang.UnsupportedOperationException", "", make_error_code(errc::unsupported)},
      row{"", "org.apache.hadoop.security.token.SecretManager$InvalidToken", "", as_code(token_invalid)},
      row{"", "org.apache.hadoop.security.authorize.AuthorizationException", "", as_code(unauthorized)},
      row{"getLinkTarget", "java.io.IOException", "not a symbolic link", as_code(invalid_argument)},
      row{"", "java.io.IOException", "", as_code(server_error)},
  };
  return rows;
}

const row* find(std::string_view method, const rpc::remote_exception& exception) {
  for (const auto& candidate : table()) {
    if (candidate.class_name != exception.class_name) continue;
    if (!candidate.method.empty() && candidate.method != method) continue;
    if (exception.message.find(candidate.phrase) == std::string::npos) continue;
    return &candidate;
  }
  return nullptr;
}

std::string_view short_name(std::string_view class_name) {
  return class_name.substr(class_name.find_last_of(".$") + 1);
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

/// What the server's RPC layer says about a request that never reached the method, or about the whole connection.
boost::system::error_code by_rpc_code(wire::rpc_error_code code) {
  switch (code) {
    case wire::rpc_error_code::no_such_method:
      return make_error_code(no_such_method);
    case wire::rpc_error_code::fatal_unauthorized:
      return make_error_code(errc::authentication_failed);
    case wire::rpc_error_code::no_such_protocol:
    case wire::rpc_error_code::version_mismatch:
    case wire::rpc_error_code::fatal_version_mismatch:
      return make_error_code(errc::protocol_error);
    default:
      return make_error_code(server_error);
  }
}

}  // namespace

translated_exception translate(std::string_view method, const rpc::remote_exception& exception) {
  const auto* const known = find(method, exception);
  auto code = known != nullptr ? known->code : by_rpc_code(exception.code);
  auto text = fmt::format("{}: {}", short_name(exception.class_name), first_line(exception.message));
  if (exception.code == wire::rpc_error_code::fatal_unauthorized && code == make_error_code(access_denied)) {
    code = make_error_code(errc::authentication_failed);
    text = fmt::format("it requires Kerberos or a token, and this version can do SIMPLE only: {}",
                       first_line(exception.message));
  } else if (exception.code == wire::rpc_error_code::no_such_protocol) {
    text = fmt::format("not a NameNode's RPC port: {}", first_line(exception.message));
  }
  return {error(code, std::move(text)), known != nullptr ? short_name(known->class_name) : "other"};
}

}  // namespace hdfsmount::namenode
