#include "config/source_uri.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config_error.hpp"
#include "temporary_directory.hpp"

namespace hdfsmount::config {
namespace {

using testing::HasSubstr;

std::string failure(const std::string& text) {
  return message_of<config_error>([&] { parse_source_uri(text, "SOURCE"); });
}

TEST(source_uri, reads_host_port_and_directory) {
  struct row {
    const char* text;
    const char* authority;
    const char* path;
  };
  constexpr row rows[] = {
      {"hdfs://nn.example", "nn.example", "/"},
      {"hdfs://nn.example:8020/", "nn.example:8020", "/"},
      {"HDFS://ns_1/data//x/", "ns_1", "/data/x"},
      {"hdfs://127.0.0.1:9000/a b?c#d%20", "127.0.0.1:9000", "/a b?c#d%20"},
      {"hdfs://[::1]:9000/d", "[::1]:9000", "/d"},
      {"hdfs://[fe80::1%eth0]", "[fe80::1%eth0]", "/"},
      {"hdfs:///only/dir", "", "/only/dir"},
      {"hdfs://h/\xc3\xa4", "h", "/\xc3\xa4"},
  };
  for (const auto& row : rows) {
    const auto uri = parse_source_uri(row.text, "SOURCE");
    EXPECT_EQ(uri.authority(), row.authority) << row.text;
    EXPECT_EQ(uri.path, row.path) << row.text;
  }
}

TEST(source_uri, refuses_with_a_reason) {
  const std::pair<const char*, const char*> rows[] = {
      {"nn.example:8020", "not an HDFS address"},
      {"webhdfs://nn/", "not an HDFS address"},
      {"/data", "write hdfs://HOST:PORT/DIR"},
      {"hdfs://nn:0/", "'0' is not a port"},
      {"hdfs://nn:65536/", "is not a port"},
      {"hdfs://nn:/", "'' is not a port"},
      {"hdfs://nn:80x/", "is not a port"},
      {"hdfs://nn:0x50/", "is not a port"},
      {"hdfs://nn:-1/", "is not a port"},
      {"hdfs://::1/", "put an IPv6 address in brackets"},
      {"hdfs://[::1/", "not an IPv6 address in brackets"},
      {"hdfs://[nn]/", "not an IPv6 address in brackets"},
      {"hdfs://[::1]8020/", "is not :PORT"},
      {"hdfs://bob@nn/", "give it as -o hdfs_user=NAME"},
      {"hdfs://n n/", "'n n' is not a host name"},
      {"hdfs://:8020/", "'' is not a host name"},
      {"hdfs://nn/a/../b", "must not contain '..'"},
      {"hdfs://nn/./b", "must not contain '.'"},
      {"hdfs://nn/\xff", "not valid UTF-8"},
  };
  for (const auto& [text, expected] : rows) {
    EXPECT_THAT(failure(text), HasSubstr(expected)) << text;
    EXPECT_THAT(failure(text), testing::StartsWith(std::string("SOURCE '") + text)) << text;
  }
}

}  // namespace
}  // namespace hdfsmount::config
