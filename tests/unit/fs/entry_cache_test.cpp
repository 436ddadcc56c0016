#include "fs/entry_cache.hpp"

#include <gtest/gtest.h>

#include "records.hpp"

namespace hdfsmount::fs::testing {
namespace {

class entries : public ::testing::Test {
 protected:
  entries() {
    settings.negative_timeout = milliseconds(300);
    settings.entry_cache_limit = 3;
  }
  options settings;
  const steady_time now = std::chrono::steady_clock::now();
  const inode_id parent{1};
};

TEST_F(entries, hold_for_the_timeout) {
  entry_cache cache(settings);
  const auto known = record(5, file_type::regular, now);
  cache.put(parent, "f", known);
  const auto found = cache.find(parent, "f", now + milliseconds(400));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->record, known);
  EXPECT_EQ(found->remaining, milliseconds(600));
  EXPECT_FALSE(cache.find(parent, "f", now + milliseconds(1000)));
  EXPECT_FALSE(cache.find(inode_id{2}, "f", now));
}

TEST_F(entries, what_is_missing_holds_for_its_own_timeout) {
  entry_cache cache(settings);
  cache.put_missing(parent, "none", now);
  const auto found = cache.find(parent, "none", now);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->record, nullptr);
  EXPECT_FALSE(cache.find(parent, "none", now + milliseconds(300)));
  cache.put(parent, "none", record(5, file_type::regular, now));
  EXPECT_NE(cache.find(parent, "none", now)->record, nullptr);
}

TEST_F(entries, the_oldest_goes_first) {
  entry_cache cache(settings);
  for (const auto* name : {"a", "b", "c"}) cache.put(parent, name, record(5, file_type::regular, now));
  cache.put(parent, "a", record(5, file_type::regular, now));
  cache.put(parent, "d", record(5, file_type::regular, now));
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_FALSE(cache.find(parent, "b", now));
  EXPECT_TRUE(cache.find(parent, "a", now));
  EXPECT_TRUE(cache.find(parent, "d", now));
}

TEST_F(entries, what_is_out_of_date_gives_its_room_back) {
  entry_cache cache(settings);
  cache.put(parent, "a", record(5, file_type::regular, now));
  cache.put(parent, "b", record(5, file_type::regular, now + seconds(2)));
  EXPECT_EQ(cache.size(), 1U);
}

TEST_F(entries, can_be_erased) {
  entry_cache cache(settings);
  cache.put(parent, "a", record(5, file_type::regular, now));
  cache.erase(parent, "a");
  cache.erase(parent, "a");
  EXPECT_FALSE(cache.find(parent, "a", now));
  EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace hdfsmount::fs::testing
