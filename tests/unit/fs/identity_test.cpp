#include "mounted_fake.hpp"

namespace hdfsmount::fs::testing {
namespace {

/// Files that other clients rename, replace and delete, and their snapshot copies.
class identity : public mounted_fake {};

TEST_F(identity, getattr_asks_by_path_and_is_answered_from_memory_within_the_timeout) {
  hdfs.add_file("/f", "x");
  mount();
  const auto f = walk("/f");
  EXPECT_TRUE(files->try_getattr(ask(operation::getattr), f, std::nullopt));
  EXPECT_TRUE(getattr(f));
  EXPECT_EQ(hdfs.calls(), 1);
  clock.advance(seconds(1));
  EXPECT_FALSE(files->try_getattr(ask(operation::getattr), f, std::nullopt));
  EXPECT_TRUE(getattr(f));
  EXPECT_EQ(hdfs.calls(), 2);
  clock.advance(milliseconds(300));
  const auto reply = getattr(f);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->attr_timeout, milliseconds(700));
}

TEST_F(identity, a_path_not_confirmed_lately_is_replaced_by_the_id) {
  const auto id = hdfs.add_file("/f", "x");
  mount();
  const auto f = walk("/f");
  hdfs.forget_calls();
  clock.advance(seconds(5));
  EXPECT_TRUE(getattr(f));
  EXPECT_EQ(hdfs.log(), std::vector<std::string>{"get_status /.reserved/.inodes/" + std::to_string(id)});
  ASSERT_TRUE(lookup(root, "f"));
  hdfs.forget_calls();
  clock.advance(milliseconds(999));
  EXPECT_TRUE(lookup(root, "f"));
  EXPECT_EQ(hdfs.calls(), 0);
}

TEST_F(identity, a_renamed_file_is_followed) {
  options settings;
  settings.attr_timeout = milliseconds(0);  // ask every time, by a path confirmed a moment ago
  const auto id = hdfs.add_file("/f", "x");
  mount(settings);
  const auto f = walk("/f");
  hdfs.rename("/f", "/g");
  hdfs.forget_calls();
  const auto reply = getattr(f);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->attr.ino, id);
  EXPECT_EQ(hdfs.log(),
            (std::vector<std::string>{"get_status /f", "get_status /.reserved/.inodes/" + std::to_string(id)}));
  hdfs.forget_calls();
  EXPECT_TRUE(getattr(f));
  EXPECT_EQ(hdfs.calls(), 1) << "once it is known to have moved the path is not tried again";
  EXPECT_EQ(errno_for(lookup(root, "f"), operation::lookup), ENOENT);
  EXPECT_EQ(lookup(root, "g")->node, f);
}

TEST_F(identity, a_replaced_file_is_stale_and_its_successor_another_inode) {
  options settings;
  settings.attr_timeout = milliseconds(0);
  hdfs.add_file("/f", "old");
  mount(settings);
  const auto old = walk("/f");
  hdfs.remove("/f");
  hdfs.add_file("/f", "newer");
  EXPECT_EQ(errno_for(getattr(old), operation::getattr), ESTALE);
  const auto successor = lookup(root, "f");
  ASSERT_TRUE(successor);
  EXPECT_NE(successor->node, old);
  EXPECT_EQ(successor->attr.size, 5U);
  EXPECT_EQ(errno_for(getattr(old), operation::getattr), ESTALE);
}

TEST_F(identity, a_file_replaced_by_rename_is_still_itself) {
  options settings;
  settings.attr_timeout = milliseconds(0);
  hdfs.add_file("/f", "old");
  hdfs.add_file("/tmp", "newer");
  mount(settings);
  const auto old = walk("/f");
  hdfs.rename("/f", "/backup");
  hdfs.rename("/tmp", "/f");
  EXPECT_EQ(getattr(old)->attr.size, 3U);
  EXPECT_EQ(lookup(root, "f")->attr.size, 5U);
  EXPECT_EQ(lookup(root, "backup")->node, old);
}

TEST_F(identity, opening_what_was_replaced_is_stale_so_that_the_kernel_looks_again) {
  hdfs.add_file("/f", "old");
  mount();
  const auto old = walk("/f");
  hdfs.remove("/f");
  hdfs.add_file("/f", "new");
  EXPECT_EQ(errno_for(open(old), operation::open), ESTALE);
  const auto successor = lookup(root, "f");  // within the entry time-out
  ASSERT_TRUE(successor);
  EXPECT_NE(successor->node, old) << "the entry that was wrong must not be remembered";
  const auto opened = open(successor->node);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*read(opened->handle, 0, 10), "new");
}

TEST_F(identity, a_renamed_directory_carries_everything_below) {
  hdfs.add_directory("/a");
  hdfs.add_directory("/a/b");
  hdfs.add_file("/a/b/f", "x");
  mount();
  const auto b = walk("/a/b");
  const auto f = lookup(b, "f")->node;
  hdfs.rename("/a", "/z");
  hdfs.add_directory("/a");
  hdfs.add_directory("/a/b");
  hdfs.add_file("/a/b/f", "another");
  clock.advance(seconds(2));
  EXPECT_EQ(getattr(f)->attr.size, 1U) << "the new file at the old path is another one";
  EXPECT_EQ(lookup(b, "f")->node, f);
  const auto handle = opendir(b);
  ASSERT_TRUE(handle);
  EXPECT_EQ(names_from(*handle, 0), (std::vector<std::string>{".", "..", "f"}));
  ASSERT_TRUE(lookup(root, "z"));
  hdfs.forget_calls();
  ASSERT_TRUE(getattr(f));
}

TEST_F(identity, a_deleted_file_is_stale) {
  hdfs.add_file("/f", "x");
  mount();
  const auto f = walk("/f");
  hdfs.remove("/f");
  EXPECT_TRUE(getattr(f)) << "remembered for the time-out";
  clock.advance(seconds(1));
  EXPECT_EQ(errno_for(getattr(f), operation::getattr), ESTALE);
  EXPECT_EQ(errno_for(open(f), operation::open), ESTALE);
}

TEST_F(identity, without_inode_paths_a_moved_file_is_stale) {
  options settings;
  settings.inode_paths = false;
  hdfs.add_file("/f", "x");
  mount(settings);
  const auto f = walk("/f");
  hdfs.rename("/f", "/g");
  hdfs.forget_calls();
  clock.advance(seconds(5));
  EXPECT_EQ(errno_for(getattr(f), operation::getattr), ESTALE);
  EXPECT_EQ(hdfs.log(), std::vector<std::string>{"get_status /f"});
  EXPECT_EQ(lookup(root, "g")->node, f);
}

TEST_F(identity, other_errors_do_not_move_an_inode) {
  hdfs.add_file("/f", "x");
  mount();
  const auto f = walk("/f");
  clock.advance(seconds(1));
  hdfs.fail("get_status", error(errc::timed_out), 1);
  EXPECT_EQ(errno_for(getattr(f), operation::getattr), ETIMEDOUT);
  EXPECT_TRUE(getattr(f));
}

TEST_F(identity, the_root_follows_its_path) {
  hdfs.add_directory("/home");
  options settings;
  settings.source = "/home";
  mount(settings);
  hdfs.rename("/home", "/old");
  const auto id = hdfs.add_directory("/home");
  clock.advance(seconds(1));
  EXPECT_EQ(getattr(root)->attr.ino, id);
  hdfs.remove("/home");
  clock.advance(seconds(1));
  EXPECT_EQ(errno_for(getattr(root), operation::getattr), ENOENT);
}

TEST_F(identity, snapshot_copies_are_their_own_inodes_with_their_own_bytes) {
  hdfs.add_directory("/d");
  hdfs.add_file("/d/f", "first");
  hdfs.snapshot("/d", "s1");
  hdfs.change("/d/f", [](fake_node& n) { n.content = "second version"; });
  mount();
  const auto live = walk("/d/f");
  const auto copy = walk("/d/.snapshot/s1/f");
  EXPECT_NE(live, copy);
  EXPECT_NE(walk("/d"), walk("/d/.snapshot/s1"));
  EXPECT_EQ(getattr(live)->attr.size, 14U);
  EXPECT_EQ(getattr(copy)->attr.size, 5U);
  EXPECT_NE(getattr(live)->attr.ino, getattr(copy)->attr.ino);
  const auto live_open = open(live);
  const auto copy_open = open(copy);
  ASSERT_TRUE(live_open && copy_open);
  EXPECT_EQ(*read(live_open->handle, 0, 100), "second version");
  EXPECT_EQ(*read(copy_open->handle, 0, 100), "first");
  clock.advance(seconds(5));
  EXPECT_EQ(getattr(live)->attr.size, 14U);
  EXPECT_EQ(getattr(copy)->attr.size, 5U);
}

TEST_F(identity, snapshots_are_entered_and_listed_but_not_shown) {
  hdfs.add_directory("/d");
  hdfs.add_file("/d/f", "x");
  hdfs.snapshot("/d", "s1");
  hdfs.snapshot("/d", "s2");
  hdfs.change("/d", [](fake_node& n) { n.mode = 0750; });
  hdfs.add_directory("/plain");
  mount();
  EXPECT_EQ(names_from(*opendir(walk("/d")), 0), (std::vector<std::string>{".", "..", "f"}));
  EXPECT_EQ(names_from(*opendir(walk("/d/.snapshot")), 0), (std::vector<std::string>{".", "..", "s1", "s2"}));
  EXPECT_EQ(names_from(*opendir(walk("/d/.snapshot/s1")), 0), (std::vector<std::string>{".", "..", "f"}));
  EXPECT_EQ(errno_for(lookup(walk("/plain"), ".snapshot"), operation::lookup), ENOENT);
  clock.advance(seconds(2));
  const auto attr = getattr(walk("/d/.snapshot"))->attr;
  EXPECT_EQ(attr.uid, 1001U) << "it has no owner of its own";
  EXPECT_EQ(attr.mode, 0550);
}

TEST_F(identity, snapshots_follow_the_renamed_directory) {
  const auto id = hdfs.add_directory("/d");
  hdfs.add_file("/d/f", "x");
  hdfs.snapshot("/d", "s1");
  mount();
  const auto copy = walk("/d/.snapshot/s1/f");
  hdfs.rename("/d", "/e");
  clock.advance(seconds(5));
  hdfs.forget_calls();
  EXPECT_TRUE(getattr(copy));
  EXPECT_EQ(hdfs.log(),
            std::vector<std::string>{"get_status /.reserved/.inodes/" + std::to_string(id) + "/.snapshot/s1/f"});
}

TEST_F(identity, a_deleted_snapshot_is_stale) {
  hdfs.add_directory("/d");
  hdfs.add_file("/d/f", "x");
  hdfs.snapshot("/d", "s1");
  mount();
  const auto copy = walk("/d/.snapshot/s1/f");
  hdfs.change("/d", [](fake_node& n) { n.snapshots.clear(); });
  clock.advance(seconds(1));
  EXPECT_EQ(errno_for(getattr(copy), operation::getattr), ESTALE);
  EXPECT_EQ(errno_for(lookup(walk("/d/.snapshot"), "s1"), operation::lookup), ENOENT);
}

}  // namespace
}  // namespace hdfsmount::fs::testing
