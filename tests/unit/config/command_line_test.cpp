#include "config/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_error.hpp"
#include "temporary_directory.hpp"

namespace hdfsmount::config {
namespace {

using testing::HasSubstr;

std::string failure(const std::vector<std::string>& arguments) {
  return message_of<config_error>([&] { parse_command_line(arguments); });
}

TEST(command_line, source_is_optional) {
  const auto both = parse_command_line({"/usr/bin/hdfsmount", "hdfs://nn/", "/mnt"});
  EXPECT_EQ(both.source, "hdfs://nn/");
  EXPECT_EQ(both.mountpoint, "/mnt");
  EXPECT_FALSE(both.foreground || both.fake || both.as_helper);
  const auto one = parse_command_line({"hdfsmount", "-f", "/mnt"});
  EXPECT_EQ(one.source, "");
  EXPECT_EQ(one.mountpoint, "/mnt");
  EXPECT_TRUE(one.foreground);
  EXPECT_FALSE(one.fake);
  EXPECT_EQ(parse_command_line({"hdfsmount", "--", "/mnt"}).mountpoint, "/mnt");
}

TEST(command_line, options_may_be_anywhere_and_repeated) {
  const auto line = parse_command_line(
      {"hdfsmount", "-o", "ro,timeout=5", "hdfs://nn/", "-oattr_timeout=2", "/mnt", "-o", "allow_other"});
  EXPECT_TRUE(line.options.read_only && line.options.allow_other);
  EXPECT_EQ(line.options.timeout, std::chrono::seconds(5));
  EXPECT_EQ(line.options.attr_timeout, std::chrono::seconds(2));
  EXPECT_EQ(line.mountpoint, "/mnt");
}

TEST(command_line, log_level_flag_wins_over_the_option) {
  const auto line = parse_command_line({"hdfsmount", "/mnt", "--log-level", "debug", "-o", "log_level=error"});
  EXPECT_EQ(line.options.level, log_level::debug);
  EXPECT_EQ(parse_command_line({"hdfsmount", "--log-level=warn", "/mnt"}).options.level, log_level::warning);
  EXPECT_THAT(failure({"hdfsmount", "/mnt", "--log-level", "loud"}), HasSubstr("not a log level"));
}

TEST(command_line, help_and_version_need_nothing_else) {
  EXPECT_EQ(parse_command_line({"hdfsmount", "--help"}).what, command::show_help);
  EXPECT_EQ(parse_command_line({"hdfsmount", "-h", "a", "b", "c"}).what, command::show_help);
  EXPECT_EQ(parse_command_line({"hdfsmount", "--version"}).what, command::show_version);
  EXPECT_EQ(parse_command_line({"mount.hdfs", "-V"}).what, command::show_version);
}

TEST(command_line, mount_helper_form) {
  const auto line =
      parse_command_line({"/sbin/mount.hdfs", "hdfs://nn/", "/mnt", "-sfnv", "-t", "hdfs", "-o", "rw,_netdev,odd"});
  EXPECT_TRUE(line.as_helper);
  EXPECT_TRUE(line.fake);
  EXPECT_FALSE(line.foreground);
  EXPECT_EQ(line.options.warnings.size(), 1U);
  EXPECT_TRUE(parse_command_line({"mount.hdfs", "hdfs://nn/", "/mnt", "-r", "-o", "rw"}).options.read_only);
  EXPECT_FALSE(parse_command_line({"mount.hdfs", "hdfs://nn/", "/mnt", "-w", "-o", "ro"}).options.read_only);
  EXPECT_THAT(failure({"mount.hdfs", "/mnt"}), HasSubstr("usage: mount.hdfs SOURCE MOUNTPOINT"));
  EXPECT_THAT(failure({"mount.hdfs", "hdfs://nn/", "/mnt", "-N", "/proc/7/ns/mnt"}),
              HasSubstr("use nsenter --mount=/proc/7/ns/mnt instead"));
}

TEST(command_line, mistakes_are_named) {
  EXPECT_THAT(failure({"hdfsmount"}), HasSubstr("no mount point is given; usage: hdfsmount [SOURCE] MOUNTPOINT"));
  EXPECT_THAT(failure({}), HasSubstr("no mount point is given"));
  EXPECT_THAT(failure({"hdfsmount", "hdfs://nn/"}), HasSubstr("'hdfs://nn/' is not a mount point"));
  EXPECT_THAT(failure({"hdfsmount", "hdfs://nn/", ""}), HasSubstr("'' is not a mount point"));
  EXPECT_THAT(failure({"hdfsmount", "a", "b", "c"}), HasSubstr("unexpected argument 'c'"));
  EXPECT_EQ(failure({"hdfsmount", "/mnt", "--log-levl=info"}),
            "unknown flag '--log-levl=info'; did you mean --log-level?");
  EXPECT_EQ(failure({"hdfsmount", "/mnt", "--bogus"}), "unknown flag '--bogus'; see hdfsmount --help");
  EXPECT_EQ(failure({"hdfsmount", "/mnt", "-x"}), "unknown flag '-x'; see hdfsmount --help");
  EXPECT_EQ(failure({"hdfsmount", "/mnt", "-o"}), "-o needs a value; see hdfsmount --help");
  EXPECT_EQ(failure({"hdfsmount", "/mnt", "--log-level"}), "--log-level needs a value; see hdfsmount --help");
  EXPECT_THAT(failure({"hdfsmount", "/mnt", "-o", "bogus"}), HasSubstr("unknown option 'bogus'"));
}

TEST(command_line, help_shows_every_option_of_the_table) {
  const auto text = help_text();
  for (const auto& spec : mount_option_table()) {
    const auto shown =
        spec.value.empty() ? std::string(spec.name) : std::string(spec.name) + "=" + std::string(spec.value);
    EXPECT_THAT(text, HasSubstr(" " + shown)) << spec.name;
  }
  EXPECT_THAT(text, HasSubstr("hdfs.KEY=VALUE"));
  EXPECT_THAT(text, HasSubstr("[256M]"));
}

}  // namespace
}  // namespace hdfsmount::config
