#include "rpc/caller_context.hpp"

#include <gtest/gtest.h>

namespace hdfsmount::rpc {
namespace {

const caller somebody(std::make_shared<hdfs_user>("alice"), 1000, 100, 4711);

TEST(caller_context, names_mount_user_and_process) {
  EXPECT_EQ(caller_context("hdfsmount:host:/mnt/hdfs", somebody), "hdfsmount:host:/mnt/hdfs,uid:1000,pid:4711");
}

TEST(caller_context, keeps_the_caller_when_the_prefix_is_too_long) {
  const auto text = caller_context(std::string(500, 'x'), somebody);
  EXPECT_EQ(text.size(), longest_caller_context);
  EXPECT_TRUE(text.ends_with(",uid:1000,pid:4711"));
}

TEST(caller_context, cannot_forge_fields_of_an_audit_line) {
  EXPECT_EQ(caller_context("a=b\tc\nd e\x7f\xc3\xa9", somebody), "a_b_c_d_e___,uid:1000,pid:4711");
}

}  // namespace
}  // namespace hdfsmount::rpc
