#include "config/mount_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/config_error.hpp"
#include "config/values.hpp"
#include "temporary_directory.hpp"

namespace hdfsmount::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

mount_options parse(const std::string& text) {
  return parse_mount_options({text}, false);
}
std::string failure(const std::string& text) {
  return message_of<config_error>([&] { parse(text); });
}

TEST(mount_options, defaults_are_safe) {
  const mount_options options;
  EXPECT_FALSE(options.read_only);
  EXPECT_FALSE(options.allow_other);
  EXPECT_FALSE(options.default_permissions);
  EXPECT_TRUE(options.nosuid);
  EXPECT_TRUE(options.nodev);
  EXPECT_FALSE(options.noexec);
  EXPECT_TRUE(options.autoconf);
  EXPECT_EQ(options.timeout, 60s);
  EXPECT_EQ(options.attr_timeout, 1s);
  EXPECT_EQ(options.entry_timeout, 1s);
  EXPECT_EQ(options.negative_timeout, 0s);
  EXPECT_EQ(options.unknown_id_base, 1879048192U);
  EXPECT_EQ(options.memory, 256U << 20);
  EXPECT_EQ(options.max_calls, 256U);
  EXPECT_EQ(options.max_calls_per_second, 0U);
  EXPECT_EQ(options.max_background, 8192U);
  EXPECT_FALSE(options.uid || options.gid || options.umask || options.level);
}

TEST(mount_options, flags_and_their_opposites_the_last_wins) {
  const auto off = parse("ro,nosuid,nodev,noexec,allow_other");
  EXPECT_TRUE(off.read_only && off.nosuid && off.nodev && off.noexec && off.allow_other && off.default_permissions);
  const auto on = parse("ro,rw,suid,dev,noexec,exec,default_permissions");
  EXPECT_FALSE(on.read_only || on.nosuid || on.nodev || on.noexec || on.allow_other);
  EXPECT_TRUE(on.default_permissions);
}

TEST(mount_options, user_mounts_imply_the_safe_flags_unless_overridden_later) {
  for (const std::string name : {"user", "users", "owner", "group", "user=bob"}) {
    const auto options = parse("suid,dev," + name);
    EXPECT_TRUE(options.nosuid && options.nodev && options.noexec) << name;
    EXPECT_FALSE(parse(name + ",exec").noexec) << name;
    EXPECT_FALSE(parse(name + ",dev").nodev) << name;
  }
}

TEST(mount_options, fstab_options_are_accepted_and_change_nothing) {
  const auto options = parse(
      "defaults,auto,noauto,nouser,nofail,_netdev,noatime,relatime,atime,strictatime,diratime,nodiratime,sync,async,"
      "dirsync,"
      "comment=a b,x-systemd.automount,x-systemd.requires=network-online.target,X-mount.mkdir");
  EXPECT_THAT(options.given, IsEmpty());
  EXPECT_THAT(options.warnings, IsEmpty());
  EXPECT_EQ(options.noexec, mount_options().noexec);
}

TEST(mount_options, values_are_typed) {
  const auto options = parse(
      "timeout=90,attr_timeout=0.5,entry_timeout=250ms,negative_timeout=1m,uid=1000,gid=0,umask=027,unknown_id_base="
      "70000,"
      "hdfs_user=bob,log_level=debug,memory=64M,max_calls=8,max_calls_per_second=100,threads=3,max_background=12");
  EXPECT_EQ(options.timeout, 90s);
  EXPECT_EQ(options.attr_timeout, 500ms);
  EXPECT_EQ(options.entry_timeout, 250ms);
  EXPECT_EQ(options.negative_timeout, 60s);
  EXPECT_EQ(options.uid, 1000U);
  EXPECT_EQ(options.gid, 0U);
  EXPECT_EQ(options.umask, 027U);
  EXPECT_EQ(options.unknown_id_base, 70000U);
  EXPECT_EQ(options.hdfs_user, "bob");
  EXPECT_EQ(options.level, log_level::debug);
  EXPECT_EQ(options.memory, 64U << 20);
  EXPECT_EQ(options.max_calls, 8U);
  EXPECT_EQ(options.max_calls_per_second, 100U);
  EXPECT_EQ(options.threads, 3U);
  EXPECT_EQ(options.max_background, 12U);
  EXPECT_THAT(options.given, testing::Contains(Pair("timeout", "90")));
}

TEST(mount_options, paths_become_absolute) {
  EXPECT_EQ(parse("log_file=/var/log/a/../m.log").log_file, "/var/log/m.log");
  EXPECT_EQ(parse("control=c.sock").control, (std::filesystem::current_path() / "c.sock").string());
}

TEST(mount_options, bad_values_name_option_and_reason) {
  const std::pair<const char*, const char*> rows[] = {
      {"timeout=soon", "option 'timeout=soon': not a time; write seconds"},
      {"timeout=0", "must be at least 1ms"},
      {"attr_timeout=-1", "must be at least 0ms"},
      {"timeout", "option 'timeout' needs a value: timeout=TIME"},
      {"timeout=", "not a time"},
      {"ro=1", "option 'ro=1': 'ro' takes no value"},
      {"noatime=x", "'noatime' takes no value"},
      {"uid=root", "not a whole number from 0 to 4294967294"},
      {"uid=4294967295", "not a whole number"},
      {"gid=-1", "not a whole number"},
      {"umask=999", "not an octal mode"},
      {"unknown_id_base=4294967295", "not a whole number from 1 to 4160749567"},
      {"memory=lots", "not a size"},
      {"memory=1M", "must be at least 8M"},
      {"memory=-9223372036854775808", "must be at least 8M"},
      {"max_calls=0", "not a whole number from 1 to 65535"},
      {"log_level=loud", "not a log level"},
      {"conf=", "its value is empty"},
      {"hdfs_user=", "its value is empty"},
      {"hdfs.=x", "must be written as hdfs.KEY=VALUE"},
      {"hdfs.dfs.nameservices", "must be written as hdfs.KEY=VALUE"},
      {"remount", "option 'remount' is not supported; unmount and mount again instead"},
      {"remount,ro", "option 'remount' is not supported"},
      {"conf=/x,noautoconf", "contradict each other"},
  };
  for (const auto& [text, expected] : rows) EXPECT_THAT(failure(text), HasSubstr(expected)) << text;
}

TEST(mount_options, unknown_options_are_named_with_advice) {
  EXPECT_EQ(failure("alow_other"), "unknown option 'alow_other'; did you mean 'allow_other'?");
  EXPECT_EQ(failure("tiemout=5"), "unknown option 'tiemout=5'; did you mean 'timeout'?");
  EXPECT_EQ(failure("dfs.nameservices=a"),
            "unknown option 'dfs.nameservices=a'; a Hadoop key is given as hdfs.dfs.nameservices=VALUE");
  EXPECT_EQ(failure("quux_frobnicate"), "unknown option 'quux_frobnicate'; see hdfsmount --help");
}

TEST(mount_options, messages_stay_on_one_line) {
  EXPECT_EQ(failure("two\nlines").find('\n'), std::string::npos);
  EXPECT_THAT(failure("two\nlines"), HasSubstr("lines'; see"));
}

TEST(mount_options, sloppy_turns_unknown_options_into_warnings_only) {
  const auto options = parse_mount_options({"fancy=1,ro", "shiny"}, true);
  EXPECT_TRUE(options.read_only);
  EXPECT_THAT(options.warnings,
              ElementsAre(HasSubstr("unknown option 'fancy=1'"), HasSubstr("unknown option 'shiny'")));
  EXPECT_THROW(parse_mount_options({"timeout=x"}, true), config_error);
  EXPECT_THROW(parse_mount_options({"remount"}, true), config_error);
}

TEST(mount_options, hadoop_values_keep_their_order) {
  EXPECT_THAT(parse("hdfs.a.b=1,hdfs.c=x=y,hdfs.e=").hadoop_values,
              ElementsAre(Pair("a.b", "1"), Pair("c", "x=y"), Pair("e", "")));
}

TEST(mount_options, commas_are_escaped_or_quoted) {
  EXPECT_THAT(split_options("a,,b=1\\,2,c=\"3,4\",d=x\\\\y,"), ElementsAre("a", "b=1,2", "c=3,4", "d=x\\y"));
  EXPECT_THAT(split_options(""), IsEmpty());
  EXPECT_THAT(parse("hdfs.dfs.ha.namenodes.ns=nn1\\,nn2,ro").hadoop_values,
              ElementsAre(Pair("dfs.ha.namenodes.ns", "nn1,nn2")));
}

TEST(mount_options, the_table_is_sound) {
  std::set<std::string_view> names;
  for (const auto& spec : mount_option_table()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_FALSE(spec.help.empty()) << spec.name;
    if (!spec.default_text.empty()) {
      mount_options options;
      EXPECT_EQ(spec.apply(options, spec.default_text), "") << spec.name;
    }
  }
}

}  // namespace
}  // namespace hdfsmount::config
