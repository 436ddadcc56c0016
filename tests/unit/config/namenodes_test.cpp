#include "config/namenodes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_error.hpp"
#include "temporary_directory.hpp"

namespace hdfsmount::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class namenodes_test : public testing::Test {
 protected:
  void set(const std::string& key, const std::string& value) { configuration.set(key, value, "site.xml:7"); }
  std::string failure(const std::string& source) {
    return message_of<config_error>([&] { resolve_source(source, configuration); });
  }

  hadoop_configuration configuration{environment::of_map({}, "alice")};
};

TEST_F(namenodes_test, a_host_is_one_namenode) {
  const auto source = resolve_source("hdfs://nn.example/data", configuration);
  EXPECT_EQ(source.nameservice, "");
  EXPECT_THAT(source.namenodes, ElementsAre(namenode_endpoint{"", "nn.example", 8020}));
  EXPECT_EQ(source.path, "/data");
  EXPECT_EQ(source.uri, "hdfs://nn.example:8020/data");
  EXPECT_EQ(resolve_source("hdfs://[::1]:9000/", configuration).uri, "hdfs://[::1]:9000/");
}

TEST_F(namenodes_test, a_nameservice_lists_its_namenodes_in_order) {
  set("dfs.nameservices", "other, prod");
  set("dfs.ha.namenodes.prod", "nn2, nn1");
  set("dfs.namenode.rpc-address.prod.nn1", "a.example:9000");
  set("dfs.namenode.rpc-address.prod.nn2", "[::2]");
  const auto source = resolve_source("hdfs://prod/x", configuration);
  EXPECT_EQ(source.nameservice, "prod");
  EXPECT_THAT(source.namenodes,
              ElementsAre(namenode_endpoint{"nn2", "::2", 8020}, namenode_endpoint{"nn1", "a.example", 9000}));
  EXPECT_EQ(source.namenodes[0].to_string(), "[::2]:8020");
  EXPECT_EQ(source.uri, "hdfs://prod/x");
  EXPECT_EQ(source.path, "/x");
}

TEST_F(namenodes_test, a_nameservice_may_have_one_address) {
  set("dfs.nameservices", "prod");
  set("dfs.namenode.rpc-address.prod", "a.example:9000");
  EXPECT_THAT(resolve_source("hdfs://prod", configuration).namenodes,
              ElementsAre(namenode_endpoint{"", "a.example", 9000}));
}

TEST_F(namenodes_test, a_host_with_a_port_stays_a_host_unless_the_name_is_ha) {
  set("dfs.nameservices", "prod");
  set("dfs.namenode.rpc-address.prod", "a.example:9000");
  const auto source = resolve_source("hdfs://prod:9001/", configuration);
  EXPECT_EQ(source.nameservice, "");
  EXPECT_THAT(source.namenodes, ElementsAre(namenode_endpoint{"", "prod", 9001}));
  set("dfs.ha.namenodes.prod", "nn1");
  EXPECT_EQ(failure("hdfs://prod:9001/d"), "SOURCE: 'prod' is a nameservice, which has no port; write hdfs://prod/d");
}

TEST_F(namenodes_test, default_fs_fills_in_what_source_leaves_out) {
  EXPECT_THAT(failure(""), HasSubstr("no SOURCE is given and fs.defaultFS is not set"));
  EXPECT_THAT(failure("hdfs:///d"), HasSubstr("fs.defaultFS is not set"));
  set("fs.defaultFS", "hdfs://nn.example:9000/home");
  EXPECT_EQ(resolve_source("", configuration).uri, "hdfs://nn.example:9000/home");
  EXPECT_EQ(resolve_source("", configuration).origin, "site.xml:7: fs.defaultFS");
  EXPECT_EQ(resolve_source("hdfs:///d", configuration).uri, "hdfs://nn.example:9000/d");
  EXPECT_EQ(resolve_source("hdfs://x/", configuration).origin, "SOURCE");
  set("fs.defaultFS", "file:///");
  EXPECT_THAT(failure(""), HasSubstr("site.xml:7: fs.defaultFS 'file:///': not an HDFS address"));
  set("fs.defaultFS", "hdfs:///");
  EXPECT_THAT(failure(""), HasSubstr("names no host"));
}

TEST_F(namenodes_test, missing_and_malformed_addresses_name_the_key) {
  set("dfs.nameservices", "prod");
  EXPECT_EQ(
      failure("hdfs://prod/"),
      "nameservice 'prod' has no NameNode: neither dfs.ha.namenodes.prod nor dfs.namenode.rpc-address.prod is set; "
      "set one in hdfs-site.xml");
  set("dfs.ha.namenodes.prod", "nn1,nn2");
  set("dfs.namenode.rpc-address.prod.nn1", "a.example:9000");
  EXPECT_EQ(
      failure("hdfs://prod/"),
      "site.xml:7: dfs.ha.namenodes.prod lists 'nn2', but dfs.namenode.rpc-address.prod.nn2 is not set; set it in "
      "hdfs-site.xml or with -o hdfs.dfs.namenode.rpc-address.prod.nn2=HOST:PORT");
  set("dfs.namenode.rpc-address.prod.nn2", "b.example:x");
  EXPECT_THAT(failure("hdfs://prod/"), HasSubstr("site.xml:7: dfs.namenode.rpc-address.prod.nn2: 'x' is not a port"));
}

}  // namespace
}  // namespace hdfsmount::config
