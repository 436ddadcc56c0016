#include "namenode/exception_table.hpp"

#include <gtest/gtest.h>

namespace hdfsmount::namenode {
namespace {

struct row {
  const char* method;
  const char* class_name;
  const char* message;
  boost::system::error_code code;
  const char* label;
};

boost::system::error_code code(namenode_errc e) {
  return make_error_code(e);
}

translated_exception meaning(const char* method, const char* class_name, const char* message,
                             wire::rpc_error_code why = wire::rpc_error_code::application) {
  return translate(method, rpc::remote_exception(class_name, message, why, false));
}

TEST(exception_table, by_method_class_and_message) {
  // Messages as Hadoop 2.10 to 3.4 send them.
  const row table[] = {
      {"getFileInfo", "org.apache.hadoop.security.AccessControlException",
       "Permission denied: user=alice, access=EXECUTE, inode=\"/secret\":root:root:drwx------",
       code(namenode_errc::access_denied), "AccessControlException"},
      {"getFileInfo", "org.apache.hadoop.security.AccessControlException", "/file (is not a directory)",
       code(namenode_errc::not_directory), "AccessControlException"},
      {"getFileInfo", "org.apache.hadoop.fs.ParentNotDirectoryException", "/file (is not a directory)",
       code(namenode_errc::not_directory), "ParentNotDirectoryException"},
      {"getBlockLocations", "java.io.FileNotFoundException", "File does not exist: /x", code(namenode_errc::not_found),
       "FileNotFoundException"},
      {"getBlockLocations", "java.io.FileNotFoundException", "Path is not a file: /dir",
       code(namenode_errc::is_directory), "FileNotFoundException"},
      {"getListing", "java.io.FileNotFoundException", "Path is not a file: /dir", code(namenode_errc::not_found),
       "FileNotFoundException"},
      {"getLinkTarget", "java.io.IOException", "Path /x is not a symbolic link", code(namenode_errc::invalid_argument),
       "IOException"},
      {"getFileInfo", "java.io.IOException", "Path /x is not a symbolic link", code(namenode_errc::server_error),
       "IOException"},
      {"getFileInfo", "org.apache.hadoop.ipc.StandbyException",
       "Operation category READ is not supported in state standby", code(namenode_errc::standby), "StandbyException"},
      {"getFileInfo", "org.apache.hadoop.ipc.ObserverRetryOnActiveException", "", code(namenode_errc::observer_retry),
       "ObserverRetryOnActiveException"},
      {"getFileInfo", "org.apache.hadoop.ipc.RetriableException", "NameNode still not started",
       code(namenode_errc::retriable), "RetriableException"},
      {"getBlockLocations", "org.apache.hadoop.hdfs.server.namenode.SafeModeException", "Zero blocklocations for /x",
       code(namenode_errc::safe_mode), "SafeModeException"},
      {"getFileInfo", "org.apache.hadoop.hdfs.protocol.UnresolvedPathException", "Unresolved path /link",
       code(namenode_errc::unresolved_link), "UnresolvedPathException"},
      {"mkdirs", "org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException", "limit is 255",
       code(namenode_errc::name_too_long), "PathComponentTooLongException"},
      {"create", "org.apache.hadoop.hdfs.protocol.DSQuotaExceededException", "", code(namenode_errc::quota_exceeded),
       "DSQuotaExceededException"},
      {"getFileInfo", "org.apache.hadoop.fs.InvalidPathException", "Invalid path name",
       code(namenode_errc::invalid_argument), "InvalidPathException"},
      {"getFileLinkInfo", "java.lang.UnsupportedOperationException", "Symlinks not supported",
       make_error_code(errc::unsupported), "UnsupportedOperationException"},
      {"getFileInfo", "org.apache.hadoop.security.authorize.AuthorizationException",
       "User: bob is not allowed to impersonate alice", code(namenode_errc::unauthorized), "AuthorizationException"},
      {"getListing", "org.apache.hadoop.hdfs.protocol.SnapshotException", "", code(namenode_errc::snapshot_error),
       "SnapshotException"},
      {"getFileInfo", "com.example.SomethingNew", "?", code(namenode_errc::server_error), "other"},
      {"getFileInfo", "", "", code(namenode_errc::server_error), "other"},
  };
  for (const auto& it : table) {
    SCOPED_TRACE(std::string(it.method) + " " + it.class_name);
    const auto found = meaning(it.method, it.class_name, it.message);
    EXPECT_EQ(found.what.code(), it.code) << found.what.to_string();
    EXPECT_EQ(found.label, it.label);
  }
}

TEST(exception_table, what_the_rpc_layer_itself_says) {
  using wire::rpc_error_code;
  EXPECT_EQ(meaning("f", "x.Y", "", rpc_error_code::no_such_method).what.code(), code(namenode_errc::no_such_method));
  EXPECT_EQ(meaning("f", "org.apache.hadoop.ipc.RpcNoSuchMethodException", "").what.code(),
            code(namenode_errc::no_such_method));
  EXPECT_EQ(
      meaning("f", "org.apache.hadoop.ipc.RPC$VersionMismatch", "", rpc_error_code::fatal_version_mismatch).what.code(),
      make_error_code(errc::protocol_error));
  const auto wrong_port = meaning("f", "org.apache.hadoop.ipc.RpcNoSuchProtocolException", "Unknown protocol",
                                  rpc_error_code::no_such_protocol);
  EXPECT_EQ(wrong_port.what.to_string(), "protocol error: not a NameNode's RPC port: Unknown protocol");
}

TEST(exception_table, a_secure_namenode_says_what_it_requires) {
  const auto found = meaning("getFileInfo", "org.apache.hadoop.security.AccessControlException",
                             "SIMPLE authentication is not enabled.  Available:[TOKEN, KERBEROS]",
                             wire::rpc_error_code::fatal_unauthorized);
  EXPECT_EQ(found.what.code(), make_error_code(errc::authentication_failed));
  EXPECT_NE(found.what.detail().find("Available:[TOKEN, KERBEROS]"), std::string_view::npos);
}

TEST(exception_table, a_standby_that_refuses_tokens_is_a_standby) {
  EXPECT_EQ(
      meaning("f", "org.apache.hadoop.ipc.StandbyException", "", wire::rpc_error_code::fatal_unauthorized).what.code(),
      code(namenode_errc::standby));
}

TEST(exception_table, keeps_the_first_line_only) {
  const auto found = meaning("f", "java.io.IOException", "broken\n\tat org.apache.hadoop.A.b(A.java:1)\n");
  EXPECT_EQ(found.what.detail(), "IOException: broken");
}

}  // namespace
}  // namespace hdfsmount::namenode
