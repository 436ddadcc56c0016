#include "config/search_path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_error.hpp"
#include "temporary_directory.hpp"

namespace hdfsmount::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class search_path_test : public testing::Test {
 protected:
  search_path_test() {
    for (const auto name : {"conf", "env", "install/hadoop/conf", "home/etc/hadoop", "default"}) {
      directory.write(std::string(name) + "/core-site.xml", document(""));
    }
    directory.write("named/hdfs-client.xml", document(""));
  }

  std::vector<std::string> find(const std::string& option, std::map<std::string, std::string> variables) const {
    auto env = environment::of_map(std::move(variables), "alice");
    env.default_directory = directory.path("default");
    return find_configuration_files(option, env);
  }

  std::string failure(const std::string& option, std::map<std::string, std::string> variables) const {
    return message_of<config_error>([&] { find(option, std::move(variables)); });
  }

  temporary_directory directory;
};

TEST_F(search_path_test, the_first_place_decides) {
  std::map<std::string, std::string> variables{{"LIBHDFS3_CONF", directory.path("named/hdfs-client.xml")},
                                               {"HADOOP_CONF_DIR", directory.path("env")},
                                               {"HADOOP_INSTALL", directory.path("install")},
                                               {"HADOOP_HOME", directory.path("home")}};
  EXPECT_THAT(find(directory.path("conf"), variables), ElementsAre(directory.path("conf/core-site.xml")));
  EXPECT_THAT(find("", variables), ElementsAre(directory.path("named/hdfs-client.xml")));
  variables.erase("LIBHDFS3_CONF");
  EXPECT_THAT(find("", variables), ElementsAre(directory.path("env/core-site.xml")));
  variables["HADOOP_CONF_DIR"] = "";
  EXPECT_THAT(find("", variables), ElementsAre(directory.path("install/hadoop/conf/core-site.xml")));
  variables["HADOOP_INSTALL"] = directory.path("nowhere");
  EXPECT_THAT(find("", variables), ElementsAre(directory.path("home/etc/hadoop/core-site.xml")));
  variables.erase("HADOOP_HOME");
  EXPECT_THAT(find("", variables), ElementsAre(directory.path("default/core-site.xml")));
}

TEST_F(search_path_test, site_files_load_in_hadoops_order) {
  for (const auto name : {"hdfs-rbf-site.xml", "hdfs-site.xml", "yarn-site.xml"}) {
    directory.write(std::string("conf/") + name, document(""));
  }
  const std::vector<std::string> expected{directory.path("conf/core-site.xml"), directory.path("conf/hdfs-site.xml"),
                                          directory.path("conf/hdfs-rbf-site.xml")};
  EXPECT_EQ(find(directory.path("conf"), {}), expected);
  EXPECT_EQ(find("", {{"LIBHDFS3_CONF", directory.path("conf/hdfs-site.xml")}}), expected);
}

TEST_F(search_path_test, no_implicit_place_is_fine) {
  std::filesystem::remove_all(directory.path("default"));
  EXPECT_THAT(find("", {}), IsEmpty());
}

TEST_F(search_path_test, explicit_places_must_exist) {
  const auto nowhere = directory.path("nowhere");
  EXPECT_EQ(failure(nowhere, {}), "option conf= names " + nowhere + ", which does not exist");
  EXPECT_EQ(failure("", {{"LIBHDFS3_CONF", nowhere}}), "LIBHDFS3_CONF names " + nowhere + ", which does not exist");
  EXPECT_EQ(failure("", {{"HADOOP_CONF_DIR", nowhere}}), "HADOOP_CONF_DIR names " + nowhere + ", which does not exist");
  EXPECT_THAT(failure(directory.path("conf/core-site.xml"), {}), HasSubstr("is not a directory"));
  EXPECT_THAT(failure("", {{"LIBHDFS3_CONF", directory.path("conf")}}), HasSubstr("name the hdfs-site.xml itself"));
  std::filesystem::create_directory(directory.path("bare"));
  EXPECT_THAT(failure(directory.path("bare"), {}), HasSubstr("holds no core-site.xml"));
}

}  // namespace
}  // namespace hdfsmount::config
