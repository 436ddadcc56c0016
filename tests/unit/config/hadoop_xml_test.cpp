#include "config/hadoop_xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_error.hpp"
#include "temporary_directory.hpp"

namespace hdfsmount::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string failure(const std::string& content) {
  return message_of<config_error>([&] { parse_hadoop_xml(content, "site.xml"); });
}

TEST(hadoop_xml, reads_properties_with_file_and_line) {
  const auto properties = parse_hadoop_xml(
      "<?xml version=\"1.0\"?>\n<!-- c -->\n<configuration>\n"
      "  <property>\n    <name> a.b </name>\n    <value> x &lt;<![CDATA[&y]]> </value>\n    <final>true</final>\n  "
      "</property>\n"
      "  <property name=\"short\" value=\"form\" final=\"true\"/>\n"
      "</configuration>",
      "dir/site.xml");
  ASSERT_EQ(properties.size(), 2U);
  EXPECT_EQ(properties[0].name, "a.b");
  EXPECT_EQ(properties[0].value, " x <&y ");
  EXPECT_TRUE(properties[0].is_final);
  EXPECT_EQ(properties[0].file, "dir/site.xml");
  EXPECT_EQ(properties[0].line, 4);
  EXPECT_EQ(properties[1].name, "short");
  EXPECT_EQ(properties[1].value, "form");
  EXPECT_TRUE(properties[1].is_final);
  EXPECT_EQ(properties[1].line, 9);
}

TEST(hadoop_xml, takes_empty_values_as_not_set_and_skips_nameless_properties) {
  const auto properties = parse_hadoop_xml(
      document("<property><name>k</name><value></value></property><property><value>v</value></property>"), "site.xml");
  ASSERT_EQ(properties.size(), 1U);
  EXPECT_FALSE(properties[0].value);
  EXPECT_FALSE(properties[0].is_final);
}

TEST(hadoop_xml, names_the_line_of_an_unclosed_element) {
  EXPECT_EQ(failure("<configuration>\n\n<property>\n<name>a</name>\n</configuration>\n"),
            "site.xml:3: element <property> is not closed; mend the file or name another directory with -o conf=DIR");
  EXPECT_THAT(failure("<configuration>\n<property>\n"), StartsWith("site.xml:2: element <property> is not closed"));
}

TEST(hadoop_xml, names_line_and_reason_of_other_breakage) {
  EXPECT_THAT(failure(""), StartsWith("site.xml:1: the file is empty"));
  EXPECT_THAT(failure("fs.defaultFS=hdfs://x\n"), StartsWith("site.xml:1: "));
  EXPECT_THAT(failure("<configuration>\n a & b\n</configuration>"), StartsWith("site.xml:2: "));
  EXPECT_THAT(failure("<configuration>\n\xff\n</configuration>"), StartsWith("site.xml:2: "));
  EXPECT_THAT(failure("<configuration/>\n<configuration/>"), StartsWith("site.xml:2: "));
  EXPECT_THAT(failure("\n<html>\n</html>"), StartsWith("site.xml:2: the outermost element is <html>"));
  for (const auto content : {"<a", "<configuration", "<configuration>&undefined;</configuration>"}) {
    EXPECT_THAT(failure(content), HasSubstr("; mend the file")) << content;
    EXPECT_EQ(failure(content).find('\n'), std::string::npos) << content;
  }
}

TEST(hadoop_xml, expands_internal_entities_but_no_bomb) {
  const auto properties = parse_hadoop_xml("<!DOCTYPE configuration [<!ENTITY host \"nn.example\">]><configuration>" +
                                               property("k", "&host;:8020") + "</configuration>",
                                           "site.xml");
  ASSERT_EQ(properties.size(), 1U);
  EXPECT_EQ(properties[0].value, "nn.example:8020");

  std::string bomb = "<!DOCTYPE configuration [<!ENTITY e0 \"0123456789\">";
  for (int i = 1; i < 12; ++i) {
    bomb += "<!ENTITY e" + std::to_string(i) + " \"";
    for (int j = 0; j < 10; ++j) bomb += "&e" + std::to_string(i - 1) + ";";
    bomb += "\">";
  }
  EXPECT_THAT(failure(bomb + "]><configuration>" + property("k", "&e11;") + "</configuration>"),
              HasSubstr("entities expand without bound"));
}

TEST(hadoop_xml, refuses_external_entities) {
  const temporary_directory directory;
  const auto secret = directory.write("secret", "top-secret");
  for (const auto& declaration :
       {"<!ENTITY x SYSTEM \"" + secret + "\">", "<!ENTITY % x SYSTEM \"" + secret + "\"> %x;"}) {
    const auto text = failure("<!DOCTYPE configuration [\n" + declaration + "]><configuration>" + property("k", "&x;") +
                              "</configuration>");
    EXPECT_THAT(text, StartsWith("site.xml:2: the external entity 'x' is refused")) << declaration;
  }
  EXPECT_EQ(parse_hadoop_xml("<!DOCTYPE configuration SYSTEM \"" + secret + "\"><configuration/>", "site.xml").size(),
            0U);
}

TEST(hadoop_xml, includes_files_in_place_relative_to_the_including_file) {
  const temporary_directory directory;
  directory.write("sub/inner.xml", document(property("inner", "2")));
  directory.write("sub/outer.xml", document(property("outer", "1") + "<xi:include href=\"inner.xml\"/>"));
  const auto top = directory.write(
      "top.xml", document(property("first", "0") + "<xi:include href=\"sub/outer.xml\"><xi:fallback>" +
                          property("unused", "x") + "</xi:fallback></xi:include>" + property("last", "3")));
  const auto properties = read_hadoop_xml(top);
  ASSERT_EQ(properties.size(), 4U);
  EXPECT_EQ(properties[1].name, "outer");
  EXPECT_EQ(properties[2].name, "inner");
  EXPECT_EQ(properties[2].file, directory.path("sub/inner.xml"));
  EXPECT_EQ(properties[3].name, "last");
}

TEST(hadoop_xml, a_missing_include_needs_a_fallback) {
  const temporary_directory directory;
  const auto with = directory.write("with.xml", document("<xi:include href=\"no.xml\"><xi:fallback>" +
                                                         property("k", "v") + "</xi:fallback></xi:include>"));
  ASSERT_EQ(read_hadoop_xml(with).size(), 1U);
  const auto without = directory.write("without.xml", document("<xi:include href=\"no.xml\"/>"));
  EXPECT_EQ(message_of<config_error>([&] { read_hadoop_xml(without); }),
            without + ":3: the included file " + directory.path("no.xml") +
                " does not exist; create it or give the include an <xi:fallback/>");
}

TEST(hadoop_xml, includes_are_bounded_and_local) {
  const temporary_directory directory;
  const auto loop = directory.write("loop.xml", document("<xi:include href=\"loop.xml\"/>"));
  EXPECT_THAT(message_of<config_error>([&] { read_hadoop_xml(loop); }), HasSubstr("includes itself"));

  const auto remote = directory.write("remote.xml", document("<xi:include href=\"http://host.invalid/a.xml\"/>"));
  EXPECT_THAT(message_of<config_error>([&] { read_hadoop_xml(remote); }), HasSubstr("only local files are read"));

  for (int i = 0; i < 12; ++i) {
    const auto next = "<xi:include href=\"w" + std::to_string(i + 1) + ".xml\"/>";
    directory.write("w" + std::to_string(i) + ".xml", document(i == 11 ? "" : next + next));
  }
  EXPECT_THAT(message_of<config_error>([&] { read_hadoop_xml(directory.path("w0.xml")); }),
              HasSubstr("more than 256 files"));
}

TEST(hadoop_xml, broken_includes_name_the_included_file) {
  const temporary_directory directory;
  const auto broken = directory.write("broken.xml", "<configuration>\n<property>\n</configuration>");
  const auto top = directory.write("top.xml", document("<xi:include href=\"file://" + broken + "\"/>"));
  EXPECT_THAT(message_of<config_error>([&] { read_hadoop_xml(top); }), StartsWith(broken + ":2: "));
}

TEST(hadoop_xml, unreadable_files_say_why) {
  const temporary_directory directory;
  EXPECT_EQ(message_of<config_error>([&] { read_hadoop_xml(directory.path("no.xml")); }),
            "cannot read " + directory.path("no.xml") +
                ": No such file or directory; correct it or name another directory with -o conf=DIR");
  EXPECT_THAT(message_of<config_error>([&] { read_hadoop_xml(directory.path()); }), HasSubstr("not a regular file"));
  const auto huge = directory.write("huge.xml", std::string((16U << 20) + 1, ' '));
  EXPECT_THAT(message_of<config_error>([&] { read_hadoop_xml(huge); }), HasSubstr("larger than 16 MiB"));
}

}  // namespace
}  // namespace hdfsmount::config
