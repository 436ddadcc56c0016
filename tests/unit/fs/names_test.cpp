#include "fs/names.hpp"

#include <gtest/gtest.h>

#include "fs/errors.hpp"

namespace hdfsmount::fs {
namespace {

TEST(names, utf8_is_accepted_in_every_length) {
  for (const auto* text : {"a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "caf\xc3\xa9 \n-x"})
    EXPECT_TRUE(check_name(text)) << text;
}

TEST(names, what_is_not_utf8_is_refused) {
  for (const auto* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x80\x80", "\xe0\x9f\xbf",
                           "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "ok\xfe", "\xf0\x9f\x98"}) {
    const auto checked = check_name(text);
    ASSERT_FALSE(checked) << text;
    EXPECT_TRUE(checked.error() == errc::invalid_name);
  }
}

TEST(names, length_is_counted_in_bytes) {
  EXPECT_TRUE(check_name(std::string(255, 'x')));
  const auto checked = check_name(std::string(256, 'x'));
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error() == fs_errc::name_too_long);
  std::string accents;
  for (int i = 0; i < 128; ++i) accents += "\xc3\xa9";
  EXPECT_FALSE(check_name(accents));
}

TEST(names, what_hdfs_refuses_does_not_exist) {
  for (const std::string_view name : {"", ".", "..", "a:b", "a/b"}) {
    const auto checked = check_name(name);
    ASSERT_FALSE(checked) << name;
    EXPECT_TRUE(checked.error() == fs_errc::not_found) << name;
  }
  EXPECT_TRUE(check_name(".snapshot"));
  EXPECT_TRUE(check_name("..."));
}

TEST(names, the_hash_never_changes) {
  // Inode numbers and synthetic ids have to be the same on every host and in every version.
  EXPECT_EQ(stable_hash(0, "alice@EXAMPLE.COM"), 0xfcd0b68bd5c8abdeU);
  EXPECT_EQ(stable_hash(16386, "s1"), 0xe08d009441e990e4U);
}

TEST(names, join_adds_one_slash) {
  EXPECT_EQ(join("/", "a"), "/a");
  EXPECT_EQ(join("/a", "b"), "/a/b");
}

}  // namespace
}  // namespace hdfsmount::fs
