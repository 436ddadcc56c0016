#include "cli/status_report.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace hdfsmount::cli {
namespace {

boost::json::value sample() {
  config::settings settings;
  settings.source.uri = "hdfs://prod/";
  settings.hdfs_user = "alice";
  settings.rows.push_back({.key = "timeout", .value = "5s", .source = "-o timeout"});
  const std::string mount_point = "/mnt/a b";
  status_input input(settings, mount_point);
  input.namenode = "nn1:8020";
  input.uptime = seconds(7);
  input.files.inodes = 3;
  metrics numbers;
  numbers.get("fuse_in_flight").add(2);
  numbers.get("namenode_calls", "getFileInfo").add(4);
  numbers.get("namenode_calls", "getListing").add();
  input.numbers = numbers.snapshot();
  return status_report(input);
}

TEST(status_report, labels_become_members) {
  const auto report = sample();
  const auto& counters = report.as_object().at("counters").as_object();
  EXPECT_EQ(counters.at("fuse_in_flight").as_int64(), 2);
  EXPECT_EQ(counters.at("namenode_calls").as_object().at("getFileInfo").as_int64(), 4);
  EXPECT_EQ(report.as_object().at("configuration").as_array().at(0).as_object().at("source").as_string(), "-o timeout");
}

TEST(status_report, reads_well) {
  const auto text = status_text(sample());
  EXPECT_TRUE(text.starts_with("hdfs://prod/ on /mnt/a b\nversion: ")) << text;
  for (const auto* line :
       {"\nhdfs_user: alice\n", "\nnamenode: nn1:8020\n", "\nuptime_seconds: 7\n", "\n  timeout = 5s  (-o timeout)\n",
        "\n  inodes 3\n", "\n  fuse_in_flight 2\n", "\n  namenode_calls{getListing} 1\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
}

TEST(status_report, survives_the_answer_of_another_version) {
  EXPECT_EQ(status_text(boost::json::parse("[1]")), "[1]\n");
  EXPECT_NE(status_text(boost::json::parse(R"({"configuration": [1, {}], "counters": 3, "pid": "x"})")).find("pid: x"),
            std::string::npos);
}

}  // namespace
}  // namespace hdfsmount::cli
