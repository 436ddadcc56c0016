#include "fuse/mount_table.hpp"

#include <gtest/gtest.h>

namespace hdfsmount::fuse {
namespace {

TEST(mount_table, reads_optional_fields_and_escapes) {
  const auto all = parse_mount_table(
      "22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard\n"
      "60 22 0:51 / /mnt/a\\040b\\012c ro,nosuid - fuse.hdfsmount hdfs://nn:8020/x\\134y ro,user_id=7,group_id=8\n");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].mount_point, "/");
  EXPECT_EQ(all[0].type, "ext4");
  EXPECT_EQ(all[1].device, "0:51");
  EXPECT_EQ(all[1].mount_point, "/mnt/a b\nc");
  EXPECT_EQ(all[1].type, "fuse.hdfsmount");
  EXPECT_EQ(all[1].source, "hdfs://nn:8020/x\\y");
  EXPECT_EQ(all[1].super_options, "ro,user_id=7,group_id=8");
}

TEST(mount_table, leaves_out_what_it_does_not_understand) {
  EXPECT_TRUE(parse_mount_table("").empty());
  EXPECT_TRUE(parse_mount_table("garbage\n\n1 2 3:4 / /x rw\n1 2 3:4 / /x rw - ext4\n - a b c\n").empty());
}

TEST(mount_table, finds_what_is_mounted_here) {
  const auto proc = find_mount("/proc");
  ASSERT_TRUE(proc);
  EXPECT_EQ(proc->type, "proc");
  EXPECT_FALSE(find_mount("/proc/1"));
}

}  // namespace
}  // namespace hdfsmount::fuse
