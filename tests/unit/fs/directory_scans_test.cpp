#include "fs/directory_scans.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace hdfsmount::fs {
namespace {

constexpr inode_id here{5};

std::string name_of(std::uint64_t place) {
  return fmt::format("f{:04}", place);
}

/// The names f<first> up to f<first + count - 1>; the first page has "." and ".." as well.
std::shared_ptr<const numbered_page> page(std::uint64_t first, std::size_t count, bool last = true) {
  auto out = std::make_shared<numbered_page>();
  out->first = first;
  out->last = last;
  for (auto place = first; place < first + count; ++place) {
    auto& entry = out->entries.emplace_back();
    entry.name = place == 0 ? "." : place == 1 ? ".." : name_of(place);
  }
  return out;
}

using wanted = std::optional<std::string>;

TEST(directory_scans, begin_with_the_second_name_in_order) {
  directory_scans scans(1000);
  scans.listed(here, page(0, 100));
  EXPECT_EQ(scans.look_up(here, name_of(10)), std::nullopt);
  EXPECT_EQ(scans.look_up(here, name_of(11)), wanted(name_of(10)));
  EXPECT_EQ(scans.look_up(here, name_of(12)), std::nullopt) << "somebody is asking already";
  scans.renewed(here, 90);
  EXPECT_EQ(scans.look_up(here, name_of(99)), wanted(name_of(98))) << "what lies between was known again";
}

TEST(directory_scans, may_leave_a_few_names_out) {
  directory_scans scans(1000);
  scans.listed(here, page(0, 100));
  EXPECT_EQ(scans.look_up(here, name_of(10)), std::nullopt);
  EXPECT_EQ(scans.look_up(here, name_of(15)), wanted(name_of(14)));
}

TEST(directory_scans, are_not_names_at_random) {
  directory_scans scans(1000);
  scans.listed(here, page(0, 100));
  for (const auto place : {50U, 10U, 80U, 30U, 60U, 5U}) EXPECT_EQ(scans.look_up(here, name_of(place)), std::nullopt);
}

TEST(directory_scans, know_only_directories_and_names_that_were_listed) {
  directory_scans scans(1000);
  EXPECT_EQ(scans.look_up(here, name_of(2)), std::nullopt);
  EXPECT_EQ(scans.look_up(here, name_of(3)), std::nullopt);
  scans.listed(here, page(0, 10));
  EXPECT_EQ(scans.look_up(here, name_of(2)), std::nullopt);
  EXPECT_EQ(scans.look_up(here, "other"), std::nullopt);
  EXPECT_EQ(scans.look_up(here, name_of(3)), wanted(name_of(2)));
}

TEST(directory_scans, begin_at_the_first_name) {
  directory_scans scans(1000);
  scans.listed(here, page(0, 10));
  EXPECT_EQ(scans.look_up(here, name_of(2)), std::nullopt);
  scans.listed(here, page(0, 10));
  EXPECT_EQ(scans.look_up(here, name_of(3)), wanted(name_of(2)));
  scans.renewed(here, 8);
  scans.listed(here, page(0, 10));
  EXPECT_EQ(scans.look_up(here, name_of(2)), std::nullopt) << "from the beginning again";
}

TEST(directory_scans, go_on_from_page_to_page) {
  directory_scans scans(1000);
  scans.listed(here, page(0, 10, false));
  scans.listed(here, page(10, 10));
  EXPECT_EQ(scans.look_up(here, name_of(8)), std::nullopt);
  EXPECT_EQ(scans.look_up(here, name_of(10)), wanted(name_of(9)));
}

TEST(directory_scans, end_when_listing_fails) {
  directory_scans scans(1000);
  scans.listed(here, page(0, 100));
  EXPECT_EQ(scans.look_up(here, name_of(10)), std::nullopt);
  EXPECT_TRUE(scans.look_up(here, name_of(11)));
  scans.renewed(here, 0);
  for (std::uint64_t place = 12; place < 20; ++place) EXPECT_EQ(scans.look_up(here, name_of(place)), std::nullopt);
}

TEST(directory_scans, remember_so_many_names) {
  directory_scans scans(20);
  scans.listed(here, page(0, 10, false));
  scans.listed(here, page(10, 10, false));
  scans.listed(here, page(20, 10));
  EXPECT_EQ(scans.look_up(here, name_of(21)), std::nullopt);
  EXPECT_EQ(scans.look_up(here, name_of(22)), std::nullopt) << "the first pages are kept, where a program begins";
  EXPECT_EQ(scans.look_up(here, name_of(2)), std::nullopt);
  EXPECT_TRUE(scans.look_up(here, name_of(3)));
  scans.listed(inode_id{6}, page(0, 10));
  EXPECT_EQ(scans.look_up(here, name_of(4)), std::nullopt) << "listed longest ago";
  EXPECT_EQ(scans.look_up(here, name_of(5)), std::nullopt);
}

}  // namespace
}  // namespace hdfsmount::fs
