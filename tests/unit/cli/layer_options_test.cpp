#include "cli/layer_options.hpp"

#include <gtest/gtest.h>

namespace hdfsmount::cli {
namespace {

config::settings from(const std::vector<std::string>& options) {
  std::vector<std::string> words{"hdfsmount", "hdfs://nn.example:9000/data", "/mnt", "-o", "noautoconf"};
  for (const auto& option : options) words.insert(words.end(), {"-o", option});
  return config::load_settings(config::parse_command_line(words), config::environment::of_map({}, "alice"));
}

TEST(layer_options, options_reach_their_layer) {
  const auto settings =
      from({"timeout=7s,attr_timeout=2s,entry_timeout=3s,negative_timeout=4s,uid=5,gid=6,umask=027,memory=64M", "ro",
            "noexec,allow_other,max_background=9,max_calls=11,unknown_id_base=100000"});
  EXPECT_EQ(to_hdfs_options(settings).timeout, seconds(7));
  EXPECT_EQ(to_hdfs_options(settings).memory, 64U << 20);
  const auto fs = to_fs_options(settings);
  EXPECT_EQ(fs.source, "/data");
  EXPECT_EQ(fs.attr_timeout, seconds(2));
  EXPECT_EQ(fs.entry_timeout, seconds(3));
  EXPECT_EQ(fs.negative_timeout, seconds(4));
  EXPECT_EQ(fs.uid, 5U);
  EXPECT_EQ(fs.gid, 6U);
  EXPECT_EQ(fs.umask, 027U);
  const auto mount = to_mount_request(settings, "/resolved");
  EXPECT_EQ(mount.mount_point, "/resolved");
  EXPECT_EQ(mount.source, "hdfs://nn.example:9000/data");
  EXPECT_TRUE(mount.read_only && mount.noexec && mount.allow_other && mount.default_permissions);
  EXPECT_EQ(to_adapter_options(settings).timeout, seconds(7));
  EXPECT_EQ(to_adapter_options(settings).max_background, 9U);
  EXPECT_EQ(to_namenode_options(settings).max_calls, 11U);
  EXPECT_EQ(to_identity_options(settings).unknown_id_base, 100000U);
}

TEST(layer_options, hadoop_keys_reach_their_layer) {
  const auto settings =
      from({"hdfs.ipc.client.connect.timeout=1234", "hdfs.ipc.client.connection.maxidletime=2345",
            "hdfs.ipc.maximum.response.length=3456", "hdfs.dfs.client.failover.sleep.base.millis=45",
            "hdfs.dfs.client.failover.sleep.max.millis=56", "hdfs.dfs.client.use.datanode.hostname=true",
            "hdfs.dfs.client.socketcache.capacity=3", "hdfs.dfs.client.read.prefetch.size=4096"});
  const auto rpc = to_rpc_options(settings, "/mnt");
  EXPECT_EQ(rpc.connect_timeout, milliseconds(1234));
  EXPECT_EQ(rpc.max_idle, milliseconds(2345));
  EXPECT_EQ(rpc.max_response, 3456U);
  EXPECT_TRUE(rpc.caller_context.starts_with("hdfsmount:") && rpc.caller_context.ends_with(":/mnt"));
  const auto namenode = to_namenode_options(settings);
  EXPECT_EQ(namenode.nameservice, "nn.example:9000");
  EXPECT_EQ(namenode.namenodes, (std::vector<net::host_port>{{"nn.example", 9000}}));
  EXPECT_EQ(namenode.backoff_base, milliseconds(45));
  EXPECT_EQ(namenode.backoff_max, milliseconds(56));
  const auto hdfs = to_hdfs_options(settings);
  EXPECT_TRUE(hdfs.use_datanode_hostname);
  EXPECT_EQ(hdfs.connections_kept, 3U);
  EXPECT_EQ(hdfs.prefetch_bytes, 4096U);
}

}  // namespace
}  // namespace hdfsmount::cli
