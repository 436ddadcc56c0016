#include "rpc/errors.hpp"

#include <gtest/gtest.h>

namespace hdfsmount::rpc {
namespace {

TEST(is_fatal, is_decided_for_every_client_error) {
  struct {
    errc code;
    bool fatal;
  } const table[] = {
      {errc::timed_out, false},         {errc::cancelled, false},
      {errc::connection_lost, true},    {errc::connect_failed, true},
      {errc::unknown_host, true},       {errc::protocol_error, true},
      {errc::limit_exceeded, true},     {errc::authentication_failed, true},
      {errc::checksum_mismatch, false}, {errc::no_replica, false},
      {errc::unsupported, false},       {errc::invalid_name, false},
      {errc::out_of_memory, false},     {errc::would_block, false},
      {errc::shutting_down, true},
  };
  for (const auto& row : table) EXPECT_EQ(is_fatal(row.code), row.fatal) << make_error_code(row.code).message();
}

TEST(is_fatal, is_never_what_a_server_answers_to_one_call) {
  for (int value = 1; value <= static_cast<int>(namenode_errc::server_error); ++value)
    EXPECT_FALSE(is_fatal(static_cast<namenode_errc>(value)));
  EXPECT_FALSE(is_fatal(datanode_errc::refused));
}

}  // namespace
}  // namespace hdfsmount::rpc
