#include "namenode/retry.hpp"

#include <gtest/gtest.h>

namespace hdfsmount::namenode {
namespace {

TEST(retry_class, is_decided_for_every_client_error) {
  struct {
    errc code;
    retry expected;
  } const table[] = {
      {errc::timed_out, retry::fail_over},       {errc::cancelled, retry::never},
      {errc::connection_lost, retry::fail_over}, {errc::connect_failed, retry::fail_over},
      {errc::unknown_host, retry::fail_over},    {errc::protocol_error, retry::never},
      {errc::limit_exceeded, retry::never},      {errc::authentication_failed, retry::never},
      {errc::checksum_mismatch, retry::never},   {errc::no_replica, retry::never},
      {errc::unsupported, retry::never},         {errc::invalid_name, retry::never},
      {errc::out_of_memory, retry::never},       {errc::would_block, retry::never},
      {errc::shutting_down, retry::never},
  };
  for (const auto& row : table) {
    EXPECT_EQ(retry_class(row.code), row.expected) << make_error_code(row.code).message();
    EXPECT_EQ(is_unreachable(row.code), row.expected == retry::fail_over);
  }
}

TEST(retry_class, is_decided_for_every_answer_of_a_namenode) {
  for (int value = 1; value <= static_cast<int>(namenode_errc::server_error); ++value) {
    const auto code = static_cast<namenode_errc>(value);
    auto expected = retry::never;
    if (code == namenode_errc::standby || code == namenode_errc::observer_retry) expected = retry::fail_over;
    if (code == namenode_errc::retriable || code == namenode_errc::safe_mode) expected = retry::same_server;
    EXPECT_EQ(retry_class(code), expected) << make_error_code(code).message();
    EXPECT_FALSE(is_unreachable(code));
  }
}

TEST(retry_class, leaves_datanodes_to_others) {
  EXPECT_EQ(retry_class(datanode_errc::restarting), retry::never);
}

}  // namespace
}  // namespace hdfsmount::namenode
