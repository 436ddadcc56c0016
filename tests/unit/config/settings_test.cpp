#include "config/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_error.hpp"
#include "temporary_directory.hpp"

namespace hdfsmount::config {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class settings_test : public testing::Test {
 protected:
  settings_test() {
    env.default_directory = directory.path("conf");
    core_site = directory.write("conf/core-site.xml", document(property("fs.defaultFS", "hdfs://prod/")));
    hdfs_site =
        directory.write("conf/hdfs-site.xml",
                        document(property("dfs.nameservices", "prod") + property("dfs.ha.namenodes.prod", "nn1,nn2") +
                                 property("dfs.namenode.rpc-address.prod.nn1", "a.example:9000") +
                                 property("dfs.namenode.rpc-address.prod.nn2", "b.example:9000") +
                                 property("ipc.client.connect.timeout", "5s", true)));
  }

  settings load(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{"hdfsmount"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return load_settings(parse_command_line(all), env);
  }
  std::string failure(const std::vector<std::string>& arguments) const {
    return message_of<config_error>([&] { load(arguments); });
  }
  static std::string row(const settings& loaded, const std::string& key) {
    for (const auto& r : loaded.describe()) {
      if (r.key == key) return r.value + " <- " + r.source;
    }
    return "no row";
  }

  temporary_directory directory;
  std::string core_site;
  std::string hdfs_site;
  environment env = environment::of_map({}, "alice");
};

TEST_F(settings_test, files_give_namenodes_and_timeouts) {
  const auto loaded = load({"/mnt"});
  EXPECT_EQ(loaded.mountpoint, "/mnt");
  EXPECT_EQ(loaded.source.nameservice, "prod");
  EXPECT_THAT(loaded.source.namenodes,
              ElementsAre(namenode_endpoint{"nn1", "a.example", 9000}, namenode_endpoint{"nn2", "b.example", 9000}));
  EXPECT_EQ(loaded.hadoop.connect_timeout, 5s);
  EXPECT_THAT(loaded.files, ElementsAre(core_site, hdfs_site));
  EXPECT_EQ(loaded.level, log_level::info);
  EXPECT_GE(loaded.threads, 2U);
  EXPECT_LE(loaded.threads, 4U);
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST_F(settings_test, without_files_hadoops_defaults_hold) {
  const auto hadoop = load({"hdfs://nn/", "/mnt", "-o", "noautoconf"}).hadoop;
  EXPECT_FALSE(hadoop.use_datanode_hostname);
  EXPECT_EQ(hadoop.datanode_timeout, 15s);
  EXPECT_EQ(hadoop.connect_timeout, 20s);
  EXPECT_EQ(hadoop.ping_interval, 60s);
  EXPECT_EQ(hadoop.max_idle, 10s);
  EXPECT_EQ(hadoop.max_response_length, 128U << 20);
  EXPECT_EQ(hadoop.failover_sleep_base, 500ms);
  EXPECT_EQ(hadoop.failover_sleep_max, 15s);
  EXPECT_EQ(hadoop.datanode_cache_capacity, 16U);
  EXPECT_EQ(hadoop.datanode_cache_expiry, 3s);
  EXPECT_EQ(hadoop.prefetch_bytes, 10 * (128 << 20));
}

TEST_F(settings_test, a_silent_datanode_leaves_time_for_another) {
  const auto timeout_of = [&](const std::string& options) {
    return load({"hdfs://nn/", "/mnt", "-o", "noautoconf," + options}).hadoop.datanode_timeout;
  };
  EXPECT_EQ(timeout_of("timeout=8"), 2s);
  EXPECT_EQ(timeout_of("timeout=1ms"), 1ms);
  EXPECT_EQ(timeout_of("hdfs.dfs.client.socket-timeout=9s"), 9s);
  EXPECT_EQ(timeout_of("hdfs.dfs.socket.timeout=9000"), 9s);
}

TEST_F(settings_test, pings_can_be_switched_off) {
  EXPECT_EQ(load({"/mnt", "-o", "hdfs.ipc.client.ping=false"}).hadoop.ping_interval, 0s);
  EXPECT_EQ(load({"/mnt", "-o", "hdfs.ipc.client.ping=true,hdfs.ipc.ping.interval=9s"}).hadoop.ping_interval, 9s);
}

TEST_F(settings_test, noautoconf_reads_no_file_not_even_a_broken_one) {
  directory.write("conf/core-site.xml", "<configuration>");
  EXPECT_THAT(failure({"/mnt"}), HasSubstr(core_site + ":1: element <configuration> is not closed"));
  EXPECT_THAT(load({"hdfs://nn/", "/mnt", "-o", "noautoconf"}).files, IsEmpty());
  EXPECT_THAT(failure({"/mnt", "-o", "noautoconf"}), HasSubstr("fs.defaultFS is not set"));
}

TEST_F(settings_test, the_command_line_wins_over_final_values) {
  const auto loaded =
      load({"/mnt", "-o", "hdfs.ipc.client.connect.timeout=7000,hdfs.dfs.client.use.datanode.hostname=true"});
  EXPECT_EQ(loaded.hadoop.connect_timeout, 7s);
  EXPECT_TRUE(loaded.hadoop.use_datanode_hostname);
  EXPECT_EQ(row(loaded, "ipc.client.connect.timeout"), "7000 <- -o hdfs.ipc.client.connect.timeout");
}

TEST_F(settings_test, a_whole_nameservice_fits_on_the_command_line) {
  const auto loaded = load({"hdfs://ns/", "/mnt", "-o",
                            "noautoconf,hdfs.dfs.ha.namenodes.ns=x\\,y,hdfs.dfs.namenode.rpc-address.ns.x=h1,"
                            "hdfs.dfs.namenode.rpc-address.ns.y=h2:1234"});
  EXPECT_THAT(loaded.source.namenodes,
              ElementsAre(namenode_endpoint{"x", "h1", 8020}, namenode_endpoint{"y", "h2", 1234}));
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST_F(settings_test, user_comes_from_option_then_environment_then_process) {
  EXPECT_EQ(load({"/mnt"}).hdfs_user, "alice");
  env.variable = environment::of_map({{"HADOOP_USER_NAME", "bob"}}, "").variable;
  EXPECT_EQ(load({"/mnt"}).hdfs_user, "bob");
  EXPECT_EQ(row(load({"/mnt"}), "hdfs_user"), "bob <- HADOOP_USER_NAME");
  EXPECT_EQ(load({"/mnt", "-o", "hdfs_user=carol"}).hdfs_user, "carol");
  env = environment::of_map({}, "");
  EXPECT_THAT(failure({"hdfs://nn/", "/mnt", "-o", "noautoconf"}), HasSubstr("-o hdfs_user=NAME"));
}

TEST_F(settings_test, what_is_not_supported_yet_is_refused) {
  const auto refused = [&](const std::string& option) { return failure({"/mnt", "-o", "hdfs." + option}); };
  EXPECT_EQ(
      refused("hadoop.security.authentication=kerberos"),
      "-o hdfs.hadoop.security.authentication: hadoop.security.authentication is 'kerberos': Kerberos is not supported "
      "yet; only clusters with simple authentication can be mounted");
  EXPECT_THAT(refused("hadoop.security.authentication=magic"), HasSubstr("only 'simple' is supported"));
  EXPECT_THAT(refused("dfs.encrypt.data.transfer=true"), HasSubstr("encrypted data transfer is not supported yet"));
  EXPECT_THAT(refused("dfs.data.transfer.protection=privacy"),
              HasSubstr("protected data transfer is not supported yet"));
  EXPECT_EQ(
      load({"/mnt", "-o", "hdfs.hadoop.security.authentication=simple,hdfs.dfs.encrypt.data.transfer=false"}).hdfs_user,
      "alice");
  EXPECT_EQ(load({"/mnt", "-o", "hdfs.hadoop.rpc.protection=privacy"}).hdfs_user, "alice");
}

TEST_F(settings_test, values_out_of_range_name_file_and_key) {
  directory.write("conf/hdfs-site.xml", document(property("dfs.client.socket-timeout", "0")));
  EXPECT_EQ(failure({"hdfs://nn/", "/mnt"}), hdfs_site + ":3: dfs.client.socket-timeout is '0': must be at least 1 ms");
  directory.write("conf/hdfs-site.xml", document(property("ipc.maximum.response.length", "4g")));
  EXPECT_THAT(failure({"hdfs://nn/", "/mnt"}),
              HasSubstr("ipc.maximum.response.length is '4g': must be from 1024 to 2147483647"));
}

TEST_F(settings_test, describe_tells_where_everything_came_from) {
  const auto loaded = load({"/mnt", "-o", "timeout=5s,allow_other,noatime"});
  EXPECT_EQ(row(loaded, "source"), "hdfs://prod/ <- " + core_site + ":3: fs.defaultFS");
  EXPECT_EQ(row(loaded, "nameservice"), "prod <- " + core_site + ":3: fs.defaultFS");
  EXPECT_EQ(row(loaded, "namenode.nn2"), "b.example:9000 <- " + hdfs_site + ":6");
  EXPECT_EQ(row(loaded, "hdfs_user"), "alice <- user of the process");
  EXPECT_EQ(row(loaded, "timeout"), "5s <- -o timeout");
  EXPECT_EQ(row(loaded, "allow_other"), "yes <- -o allow_other");
  EXPECT_EQ(row(loaded, "attr_timeout"), "1s <- default");
  EXPECT_EQ(row(loaded, "ipc.client.connect.timeout"), "5s <- " + hdfs_site + ":7");
  EXPECT_EQ(row(loaded, "dfs.client.socket-timeout"), "60000 <- default");
  EXPECT_EQ(row(loaded, "noatime"), "no row");
}

TEST_F(settings_test, direct_replicas_are_looked_for_where_the_datanodes_keep_them) {
  directory.write("conf/hdfs-site.xml",
                  document(property("dfs.datanode.data.dir", "[SSD]file:///data/1, /data/2,[DISK]file:/data/3")));
  const std::string source = "hdfs://a.example:9000/";
  EXPECT_THAT(load({source, "/mnt", "-o", "direct_replicas"}).data_directories,
              ElementsAre("/data/1", "/data/2", "/data/3"));
  EXPECT_THAT(load({source, "/mnt", "-o", "direct_replicas,replica_dirs=/x:/y"}).data_directories,
              ElementsAre("/x", "/y"));
  EXPECT_THAT(load({source, "/mnt"}).data_directories, IsEmpty());
  EXPECT_THAT(failure({source, "/mnt", "-o", "replica_dirs=/x"}), HasSubstr("direct_replicas"));
  EXPECT_THAT(failure({source, "/mnt", "-o", "direct_replicas,replica_dirs=x:/y"}), HasSubstr("absolute"));
  EXPECT_THAT(failure({source, "/mnt", "-o", "direct_replicas,hdfs.dfs.datanode.data.dir=data"}),
              HasSubstr("dfs.datanode.data.dir"));
  directory.write("conf/hdfs-site.xml", document(""));
  EXPECT_THAT(failure({source, "/mnt", "-o", "direct_replicas"}), HasSubstr("needs dfs.datanode.data.dir"));
}

TEST_F(settings_test, what_needs_the_datanodes_sockets_needs_their_path) {
  const std::string source = "hdfs://a.example:9000/";
  for (const std::string key : {"dfs.client.read.shortcircuit", "dfs.client.domain.socket.data.traffic"}) {
    const auto option = "hdfs." + key + "=true";
    EXPECT_THAT(failure({source, "/mnt", "-o", option}), HasSubstr(key + " is 'true': needs dfs.domain.socket.path"));
    EXPECT_THAT(failure({source, "/mnt", "-o", option + ",hdfs.dfs.domain.socket.path=dn"}), HasSubstr("absolute"));
  }
  const auto both = load(
      {source, "/mnt", "-o", "hdfs.dfs.client.domain.socket.data.traffic=true,hdfs.dfs.domain.socket.path=/run/dn"});
  EXPECT_TRUE(both.hadoop.domain_socket_traffic);
  EXPECT_FALSE(both.hadoop.short_circuit);
}

TEST_F(settings_test, warnings_tell_what_has_no_effect_or_is_risky) {
  EXPECT_THAT(load({"/mnt", "-o", "allow_other"}).warnings, ElementsAre(HasSubstr("default_permissions")));
  EXPECT_THAT(load({"/mnt", "-o", "hdfs.dfs.replicaton=3"}).warnings,
              ElementsAre(HasSubstr("-o hdfs.dfs.replicaton: not a key that hdfsmount honours")));
  EXPECT_THAT(load({"/mnt", "-s", "-o", "shiny"}).warnings, ElementsAre(HasSubstr("unknown option 'shiny'")));
}

TEST(environment, of_process_sees_real_variables) {
  ASSERT_EQ(setenv("HDFSMOUNT_CONFIG_TEST", "there", 1), 0);
  const auto env = environment::of_process();
  EXPECT_EQ(env.variable("HDFSMOUNT_CONFIG_TEST"), "there");
  ASSERT_EQ(unsetenv("HDFSMOUNT_CONFIG_TEST"), 0);
  EXPECT_EQ(env.variable("HDFSMOUNT_CONFIG_TEST"), std::nullopt);
  EXPECT_EQ(env.default_directory, "/etc/hadoop/conf");
}

}  // namespace
}  // namespace hdfsmount::config
