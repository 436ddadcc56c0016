#include "config/hadoop_configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_error.hpp"
#include "temporary_directory.hpp"

namespace hdfsmount::config {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class hadoop_configuration_test : public testing::Test {
 protected:
  void load(const std::string& name, const std::string& body) {
    configuration.load_file(directory.write(name, document(body)));
  }

  temporary_directory directory;
  hadoop_configuration configuration{environment::of_map({{"HOST", "nn.example"}, {"EMPTY", ""}}, "alice")};
};

TEST_F(hadoop_configuration_test, later_files_override_unless_final) {
  load("core-site.xml",
       property("a", "1") + property("b", "1", true) + property("twice", "1") + property("twice", "2"));
  load("hdfs-site.xml", property("a", "2") + property("b", "2"));
  EXPECT_EQ(configuration.get("a"), "2");
  EXPECT_EQ(configuration.get("b"), "1");
  EXPECT_EQ(configuration.get("twice"), "2");
  EXPECT_EQ(configuration.origin("a"), directory.path("hdfs-site.xml:3"));
  EXPECT_EQ(configuration.origin("b"), directory.path("core-site.xml:4"));
  EXPECT_FALSE(configuration.get("c"));
}

TEST_F(hadoop_configuration_test, a_final_key_without_value_is_locked_too) {
  load("core-site.xml", "<property><name>k</name><final>true</final></property>");
  load("hdfs-site.xml", property("k", "v"));
  EXPECT_FALSE(configuration.get("k"));
}

TEST_F(hadoop_configuration_test, values_set_by_hand_win_over_final_ones) {
  configuration.set("k", "hand", "-o hdfs.k");
  load("core-site.xml", property("k", "file", true));
  EXPECT_EQ(configuration.get("k"), "hand");
  EXPECT_EQ(configuration.origin("k"), "-o hdfs.k");
}

TEST_F(hadoop_configuration_test, deprecated_names_mean_the_new_key) {
  load("core-site.xml", property("fs.default.name", "hdfs://old/"));
  EXPECT_EQ(configuration.get("fs.defaultFS"), "hdfs://old/");
  EXPECT_EQ(configuration.get("fs.default.name"), "hdfs://old/");
}

TEST_F(hadoop_configuration_test, references_are_replaced) {
  load("core-site.xml", property("port", "8020") + property("address", "${env.HOST}:${port}") +
                            property("nested", "hdfs://${address}/") + property("me", "/user/${user.name}") +
                            property("inner", "${po${empty}rt}"));
  EXPECT_EQ(configuration.get("nested"), "hdfs://nn.example:8020/");
  EXPECT_EQ(configuration.get("me"), "/user/alice");
  EXPECT_EQ(configuration.get("inner"), "${po${empty}rt}");
  configuration.set("empty", "", "test");
  EXPECT_EQ(configuration.get("inner"), "8020");
}

TEST_F(hadoop_configuration_test, environment_references_have_defaults) {
  const std::pair<const char*, const char*> rows[] = {
      {"${env.HOST:-other}", "nn.example"},
      {"${env.HOST-other}", "nn.example"},
      {"${env.NONE:-other}", "other"},
      {"${env.NONE-other}", "other"},
      {"${env.EMPTY:-other}", "other"},
      {"${env.EMPTY-other}", ""},
      {"${env.NONE:-}", ""},
      {"${env.NONE-a:-b}", "a:-b"},
      {"${env.NONE}", "${env.NONE}"},
  };
  for (const auto& [text, expected] : rows) {
    configuration.set("k", text, "test");
    EXPECT_EQ(configuration.get("k"), expected) << text;
  }
}

TEST_F(hadoop_configuration_test, what_is_no_reference_stays) {
  for (const std::string text :
       {"${}", "${unknown}", "$", "${", "${a b}", "${unclosed", "{x}", "$x", "${unknown} ${port}"}) {
    configuration.set("k", text, "test");
    EXPECT_EQ(configuration.get("k"), text);
  }
}

TEST_F(hadoop_configuration_test, self_reference_stays_and_long_loops_fail) {
  configuration.set("self", "x${self}", "test");
  EXPECT_EQ(configuration.get("self"), "x${self}");
  configuration.set("a", "${b}", "-o hdfs.a");
  configuration.set("b", "${c}", "test");
  configuration.set("c", "${a}", "test");
  EXPECT_THAT(message_of<config_error>([&] { configuration.get("a"); }),
              HasSubstr("-o hdfs.a: a needs more than 19 replacements"));
}

TEST_F(hadoop_configuration_test, nineteen_replacements_are_allowed_as_in_hadoop) {
  for (int i = 0; i < 20; ++i) configuration.set("k" + std::to_string(i), "${k" + std::to_string(i + 1) + "}", "test");
  configuration.set("k20", "end", "test");
  EXPECT_EQ(configuration.get("k1"), "end");
  EXPECT_THROW(configuration.get("k0"), config_error);
}

TEST_F(hadoop_configuration_test, typed_getters) {
  load("core-site.xml", property("int", " 0x10\n") + property("size", "64k") + property("bool", " True ") +
                            property("time", "3m") + property("plain", "250") + property("list", "a, b") +
                            property("blank", " "));
  EXPECT_EQ(configuration.get_integer("int"), 16);
  EXPECT_EQ(configuration.get_size("size"), 65536);
  EXPECT_EQ(configuration.get_bool("bool"), true);
  EXPECT_EQ(configuration.get_duration("time", 1ms), 3min);
  EXPECT_EQ(configuration.get_duration("plain", 1ms), 250ms);
  EXPECT_EQ(configuration.get_list("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(configuration.get_integer("blank"));
  EXPECT_FALSE(configuration.get_text("blank"));
  EXPECT_FALSE(configuration.get_bool("absent"));
  EXPECT_TRUE(configuration.get_list("absent").empty());
}

TEST_F(hadoop_configuration_test, typed_getters_name_key_and_source) {
  load("hdfs-site.xml", property("k", "${bad}") + property("bad", "soon"));
  const auto place = directory.path("hdfs-site.xml") + ":3: k is 'soon': ";
  EXPECT_EQ(message_of<config_error>([&] { configuration.get_integer("k"); }), place + "not a whole number");
  EXPECT_EQ(message_of<config_error>([&] { configuration.get_bool("k"); }), place + "neither true nor false");
  EXPECT_THAT(message_of<config_error>([&] { configuration.get_size("k"); }), HasSubstr(place + "not a size"));
  EXPECT_THAT(message_of<config_error>([&] { configuration.get_duration("k", 1s); }), HasSubstr(place + "not a time"));
}

}  // namespace
}  // namespace hdfsmount::config
