#include "cli/start_failure.hpp"

#include <gtest/gtest.h>

#include "fs/errors.hpp"

namespace hdfsmount::cli {
namespace {

config::resolved_source one_host() {
  config::resolved_source out;
  out.namenodes.push_back({.id = "", .host = "nn.example", .port = 8020});
  out.path = "/data";
  out.uri = "hdfs://nn.example:8020/data";
  out.origin = "/etc/hadoop/conf/core-site.xml:7";
  return out;
}

std::string explain(const error& failure) {
  return explain_start_failure(one_host(), "alice", failure);
}

TEST(start_failure, names_the_source_the_host_the_key_and_what_to_do) {
  const auto line = explain(error(errc::connect_failed, "nn.example:8020: Connection refused"));
  for (const auto* part : {"hdfs://nn.example:8020/data", "NameNode nn.example:8020", "Connection refused",
                           "dfs.namenode.rpc-address", "/etc/hadoop/conf/core-site.xml:7"})
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
}

TEST(start_failure, of_a_nameservice_all_namenodes_and_the_key_of_their_addresses) {
  auto source = one_host();
  source.nameservice = "prod";
  source.namenodes = {{.id = "nn1", .host = "a", .port = 1}, {.id = "nn2", .host = "b", .port = 2}};
  const auto line = explain_start_failure(source, "alice", error(errc::unknown_host, "a"));
  EXPECT_NE(line.find("NameNode a:1, b:2"), std::string::npos) << line;
  EXPECT_NE(line.find("dfs.namenode.rpc-address.prod."), std::string::npos) << line;
}

TEST(start_failure, gives_advice_for_every_common_cause) {
  const std::pair<error, std::string> cases[] = {
      {errc::unknown_host, "check the host name"},
      {errc::protocol_error, "web port"},
      {errc::connection_lost, "web port"},
      {errc::timed_out, "does not answer"},
      {errc::authentication_failed, "Kerberos"},
      {namenode_errc::not_found, "/data does not exist"},
      {fs::make_error(fs::fs_errc::not_directory), "/data is not a directory"},
      {namenode_errc::access_denied, "user alice may not reach /data"},
      {namenode_errc::standby, "none of the NameNodes is active"},
      {namenode_errc::server_error, "NameNode's log"},
  };
  for (const auto& [failure, advice] : cases)
    EXPECT_NE(explain(failure).find(advice), std::string::npos) << explain(failure);
}

TEST(start_failure, is_one_line_whatever_the_server_says) {
  const auto line =
      explain(error(namenode_errc::server_error, "at org.Foo\n\tat org.Bar\r\n" + std::string(9000, 'x')));
  EXPECT_EQ(line.find_first_of("\n\r\t"), std::string::npos);
  EXPECT_LT(line.size(), 1000U);
}

TEST(start_failure, a_cluster_that_demands_encryption_is_refused) {
  wire::server_defaults cluster;
  EXPECT_TRUE(check_supported(cluster));
  cluster.encrypt_data_transfer = true;
  const auto refused = check_supported(cluster);
  ASSERT_FALSE(refused);
  const auto line = explain(refused.error());
  for (const auto* part : {"encrypted data transfer", "dfs.encrypt.data.transfer", "cannot be mounted"})
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
}

}  // namespace
}  // namespace hdfsmount::cli
