#include "mounted_fake.hpp"

namespace hdfsmount::fs::testing {
namespace {

class opening : public mounted_fake {};

TEST_F(opening, files_opened_in_the_order_of_the_listing_are_opened_ahead) {
  hdfs.add_directory("/d");
  std::vector<std::uint64_t> ids;
  for (int i = 100; i < 120; ++i) ids.push_back(hdfs.add_file("/d/f" + std::to_string(i), i == 105 ? "" : "x"));
  mount();
  const auto directory = walk("/d");
  const auto handle = opendir(directory);
  ASSERT_TRUE(handle);
  names_from(*handle, 0);
  files->releasedir(*handle);
  const auto open_one = [&](int number) {
    hdfs.forget_calls();
    EXPECT_TRUE(open(lookup(directory, "f" + std::to_string(number))->node));
    std::vector<std::uint64_t> ahead;
    for (const auto& line : hdfs.log())
      if (line.starts_with("open_ahead /.reserved/.inodes/")) ahead.push_back(std::stoull(line.substr(30)));
    return ahead;
  };
  using several = std::vector<std::uint64_t>;
  EXPECT_EQ(open_one(100), several{});
  EXPECT_EQ(open_one(101), (several{ids[2], ids[3]}));
  EXPECT_EQ(open_one(102), (several{ids[4], ids[6]})) << "none that is empty";
  EXPECT_EQ(open_one(103), (several{ids[7], ids[8], ids[9], ids[10], ids[11]})) << "each once, and ever more";
  EXPECT_EQ(open_one(118), several{}) << "not in order";
  EXPECT_EQ(open_one(119), several{}) << "nothing follows";
}

TEST_F(opening, asks_for_the_live_file_by_id) {
  const auto id = hdfs.add_file("/f", "x");
  mount();
  const auto f = walk("/f");
  hdfs.rename("/f", "/g");
  hdfs.forget_calls();
  const auto opened = open(f);
  ASSERT_TRUE(opened);
  EXPECT_EQ(hdfs.log(), std::vector<std::string>{"open /.reserved/.inodes/" + std::to_string(id)});
  EXPECT_EQ(*read(opened->handle, 0, 10), "x");
}

TEST_F(opening, asks_for_a_snapshot_copy_by_path) {
  hdfs.add_directory("/d");
  hdfs.add_file("/d/f", "x");
  hdfs.snapshot("/d", "s");
  mount();
  const auto f = walk("/d/.snapshot/s/f");
  hdfs.forget_calls();
  EXPECT_TRUE(open(f));
  EXPECT_EQ(hdfs.log(), std::vector<std::string>{"open /d/.snapshot/s/f"});
}

TEST_F(opening, is_for_reading_only) {
  hdfs.add_file("/f", "x");
  mount();
  const auto f = walk("/f");
  hdfs.forget_calls();
  for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_RDONLY | O_CREAT, O_WRONLY | O_APPEND})
    EXPECT_EQ(errno_for(open(f, flags), operation::open), EROFS) << flags;
  EXPECT_EQ(hdfs.calls(), 0);
  EXPECT_TRUE(open(f, O_RDONLY | O_NONBLOCK));
}

TEST_F(opening, needs_a_file) {
  hdfs.add_directory("/d");
  hdfs.add_link("/l", "d");
  mount();
  EXPECT_EQ(errno_for(open(walk("/d")), operation::open), EISDIR);
  EXPECT_EQ(errno_for(open(walk("/l")), operation::open), ELOOP);
  EXPECT_EQ(errno_for(open(inode_id{4711}), operation::open), ESTALE);
}

TEST_F(opening, what_is_not_supported_fails_at_open_with_the_reason) {
  hdfs.add_file("/ec", "x");
  hdfs.change("/ec", [](fake_node& n) { n.unsupported = true; });
  mount();
  const auto ec = walk("/ec");
  EXPECT_TRUE(getattr(ec));
  const auto opened = open(ec);
  ASSERT_EQ(errno_for(opened, operation::open), EOPNOTSUPP);
  EXPECT_EQ(opened.error().detail(), "erasure-coded");
  EXPECT_EQ(files->count().open_files, 0U);
}

TEST_F(opening, is_answered_at_once_when_the_file_was_opened_ahead) {
  hdfs.add_file("/f", "0123456789");
  hdfs.add_directory("/d");
  mount();
  const auto f = walk("/f");
  const auto d = walk("/d");
  EXPECT_FALSE(files->try_open(ask(operation::open), f, O_RDONLY));
  hdfs.all_opened_ahead = true;
  hdfs.forget_calls();
  const auto opened = files->try_open(ask(operation::open), f, O_RDONLY);
  ASSERT_TRUE(opened && *opened);
  EXPECT_EQ(hdfs.calls("open"), 0);
  EXPECT_EQ(*read((*opened)->handle, 2, 4), "2345");
  EXPECT_EQ(errno_for(files->try_open(ask(operation::open), f, O_RDWR).value(), operation::open), EROFS);
  EXPECT_EQ(errno_for(files->try_open(ask(operation::open), d, O_RDONLY).value(), operation::open), EISDIR);
  EXPECT_EQ(files->count().open_files, 1U);
}

}  // namespace
}  // namespace hdfsmount::fs::testing
