#include <fmt/format.h>
#include <unistd.h>

#include "mounted_fake.hpp"

namespace hdfsmount::fs::testing {
namespace {

class lookups : public mounted_fake {};

TEST_F(lookups, show_the_attributes) {
  const auto id = hdfs.add_file("/f", std::string(1000, 'x'));
  hdfs.change("/f", [](fake_node& n) {
    n.mode = 0640;
    n.mtime_ms = 1'700'000'000'123;
  });
  mount();
  const auto found = lookup(root, "f");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->attr.ino, id);
  EXPECT_EQ(found->attr.type, file_type::regular);
  EXPECT_EQ(found->attr.mode, 0640);
  EXPECT_EQ(found->attr.nlink, 1U);
  EXPECT_EQ(found->attr.uid, 1001U);
  EXPECT_EQ(found->attr.gid, 2001U);
  EXPECT_EQ(found->attr.size, 1000U);
  EXPECT_EQ(found->attr.blocks, 2U);
  EXPECT_EQ(found->attr.block_size, 1U << 20);
  EXPECT_EQ(found->attr.modified.time_since_epoch(), milliseconds(1'700'000'000'123));
  EXPECT_EQ(found->attr_timeout, seconds(1));
  EXPECT_EQ(found->entry_timeout, seconds(1));
  EXPECT_EQ(hdfs.log(), std::vector<std::string>{"get_status /f"});
}

TEST_F(lookups, of_directories_keep_the_sticky_bit) {
  hdfs.add_directory("/tmp");
  hdfs.change("/tmp", [](fake_node& n) { n.mode = 01777; });
  mount();
  const auto found = lookup(root, "tmp");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->attr.type, file_type::directory);
  EXPECT_EQ(found->attr.mode, 01777);
  EXPECT_EQ(found->attr.nlink, 1U);
  EXPECT_EQ(found->attr.size, 0U);
  EXPECT_EQ(found->attr.blocks, 0U);
}

TEST_F(lookups, owner_and_mode_can_be_overridden) {
  hdfs.add_file("/f", "x");
  hdfs.change("/f", [](fake_node& n) { n.owner = "nobody-knows"; });
  options settings;
  settings.uid = 7;
  settings.gid = 8;
  settings.umask = 0027;
  mount(settings);
  const auto found = lookup(root, "f");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->attr.uid, 7U);
  EXPECT_EQ(found->attr.gid, 8U);
  EXPECT_EQ(found->attr.mode, 0750);
  EXPECT_EQ(name_base->calls(), 0) << "what is overridden needs no name service";
}

TEST_F(lookups, in_the_order_of_the_listing_are_answered_by_pages) {
  const auto id = hdfs.add_directory("/d");
  for (int i = 100; i < 200; ++i) hdfs.add_file("/d/f" + std::to_string(i), "x");
  hdfs.page_size = 60;
  mount();
  const auto directory = walk("/d");
  const auto handle = opendir(directory);
  ASSERT_TRUE(handle);
  EXPECT_EQ(names_from(*handle, 0).size(), 102U);
  files->releasedir(*handle);
  clock.advance(seconds(2));
  hdfs.forget_calls();
  for (int i = 100; i < 200; ++i) EXPECT_TRUE(lookup(directory, "f" + std::to_string(i)));
  const auto where = fmt::format("/.reserved/.inodes/{}", id);
  EXPECT_EQ(hdfs.log(), (std::vector<std::string>{"get_status " + where + "/f100", "list " + where, "list " + where}));
  hdfs.remove("/d/f103");
  clock.advance(seconds(2));
  EXPECT_TRUE(lookup(directory, "f101"));
  EXPECT_TRUE(lookup(directory, "f102"));
  EXPECT_EQ(errno_for(lookup(directory, "f103"), operation::lookup), ENOENT) << "gone since it was listed";
  EXPECT_TRUE(lookup(directory, "f104"));
}

TEST_F(lookups, in_order_go_on_one_by_one_when_listing_is_not_allowed) {
  hdfs.add_directory("/d");
  for (int i = 100; i < 110; ++i) hdfs.add_file("/d/f" + std::to_string(i), "x");
  mount();
  const auto directory = walk("/d");
  const auto handle = opendir(directory);
  ASSERT_TRUE(handle);
  names_from(*handle, 0);
  files->releasedir(*handle);
  clock.advance(seconds(2));
  hdfs.fail("list", namenode_errc::access_denied);
  for (int i = 100; i < 110; ++i) EXPECT_TRUE(lookup(directory, "f" + std::to_string(i)));
  EXPECT_EQ(hdfs.calls("list"), 2) << "the program's, and one that was refused";
}

TEST_F(lookups, are_answered_from_memory_within_the_timeout) {
  hdfs.add_file("/f", "x");
  mount();
  const auto first = lookup(root, "f");
  ASSERT_TRUE(first);
  clock.advance(milliseconds(400));
  const auto quick = files->try_lookup(ask(operation::lookup), root, "f");
  ASSERT_TRUE(quick && *quick);
  EXPECT_EQ((*quick)->node, first->node);
  EXPECT_EQ((*quick)->entry_timeout, milliseconds(600)) << "the kernel must not begin the time-out anew";
  EXPECT_EQ((*quick)->attr_timeout, milliseconds(600));
  clock.advance(milliseconds(600));
  EXPECT_FALSE(files->try_lookup(ask(operation::lookup), root, "f"));
  EXPECT_EQ(hdfs.calls(), 1);
  EXPECT_TRUE(lookup(root, "f"));
  EXPECT_EQ(hdfs.calls(), 2);
  EXPECT_EQ(files->count().lookups, 3U);
}

TEST_F(lookups, with_timeouts_of_zero_always_ask) {
  hdfs.add_file("/f", "x");
  options settings;
  settings.attr_timeout = settings.entry_timeout = milliseconds(0);
  mount(settings);
  for (int i = 0; i < 3; ++i) {
    const auto found = lookup(root, "f");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->attr_timeout, milliseconds(0));
    EXPECT_TRUE(getattr(found->node));
  }
  EXPECT_EQ(hdfs.calls("get_status"), 6);
}

TEST_F(lookups, of_missing_names_are_not_kept_by_default) {
  mount();
  EXPECT_EQ(errno_for(lookup(root, "none"), operation::lookup), ENOENT);
  hdfs.add_file("/none", "now");
  EXPECT_TRUE(lookup(root, "none"));
}

TEST_F(lookups, of_missing_names_are_kept_for_the_negative_timeout) {
  options settings;
  settings.negative_timeout = seconds(5);
  mount(settings);
  const auto none = lookup(root, "none");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->node, inode_id{0});
  EXPECT_EQ(none->entry_timeout, seconds(5));
  hdfs.add_file("/none", "now");
  clock.advance(seconds(2));
  const auto still = lookup(root, "none");
  ASSERT_TRUE(still);
  EXPECT_EQ(still->node, inode_id{0});
  EXPECT_EQ(still->entry_timeout, seconds(3));
  clock.advance(seconds(3));
  EXPECT_NE(lookup(root, "none")->node, inode_id{0});
  EXPECT_EQ(hdfs.calls(), 2);
}

TEST_F(lookups, refuse_names_before_anything_is_sent) {
  mount();
  EXPECT_EQ(errno_for(lookup(root, "\xff\xfe"), operation::lookup), EILSEQ);
  EXPECT_EQ(errno_for(lookup(root, std::string(256, 'n')), operation::lookup), ENAMETOOLONG);
  EXPECT_EQ(errno_for(lookup(root, "a:b"), operation::lookup), ENOENT);
  EXPECT_EQ(hdfs.calls(), 0);
}

TEST_F(lookups, identical_ones_in_flight_are_made_once) {
  hdfs.add_file("/f", "x");
  mount();
  hdfs.hold();
  std::vector<task_runner::started<result<entry>>> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(runner.start(files->lookup(ask(operation::lookup), root, "f")));
  ASSERT_TRUE(eventually([&] { return numbers.get("metadata_cache", "joined").value() == 49; }));
  waiting.front().task.cancel();
  hdfs.release();
  int failed = 0;
  for (auto& one : waiting) failed += !one.get();
  EXPECT_LE(failed, 1) << "only who was cancelled may fail";
  EXPECT_LE(hdfs.calls(), 2);
  EXPECT_EQ(files->count().lookups, 50U - static_cast<unsigned>(failed));
}

TEST_F(lookups, are_bounded_and_can_be_cancelled) {
  mount();
  hdfs.hold();
  const auto late = runner.run(files->lookup(ask(operation::lookup, milliseconds(30)), root, "f"));
  EXPECT_EQ(errno_for(late, operation::lookup), ETIMEDOUT);
  auto interrupted = runner.start(files->lookup(ask(operation::lookup), root, "f"));
  interrupted.task.cancel();
  EXPECT_EQ(errno_for(interrupted.get(), operation::lookup), EINTR);
  EXPECT_EQ(files->count().lookups, 0U);
  hdfs.release();
}

TEST_F(lookups, are_bounded_while_the_name_service_hangs) {
  hdfs.add_file("/f", "x");
  mount();  // knows alice and staff by now
  hdfs.change("/f", [](fake_node& n) { n.owner = "bob"; });
  name_base->hang();
  const auto late = runner.run(files->lookup(ask(operation::lookup, milliseconds(50)), root, "f"));
  EXPECT_EQ(errno_for(late, operation::lookup), ETIMEDOUT);
  hdfs.add_file("/g", "x");
  EXPECT_TRUE(lookup(root, "g")) << "a known owner needs no name service";
  name_base->recover();
  EXPECT_EQ(lookup(root, "f")->attr.uid, 1002U);
}

TEST_F(lookups, pass_the_namenodes_refusal_on) {
  mount();
  hdfs.fail("get_status", error(namenode_errc::access_denied, "no"));
  EXPECT_EQ(errno_for(lookup(root, "f"), operation::lookup), EACCES);
}

TEST_F(lookups, act_as_the_mounts_user_for_the_local_process) {
  hdfs.add_file("/f", "x");
  mount();
  ASSERT_TRUE(lookup(root, "f"));
  EXPECT_EQ(hdfs.last_caller()->user->effective, "daemon");
  EXPECT_EQ(hdfs.last_caller()->uid, 500U);
  EXPECT_EQ(hdfs.last_caller()->pid, 42);
}

TEST_F(lookups, counts_return_to_zero) {
  hdfs.add_directory("/d");
  hdfs.add_file("/d/f", "x");
  mount();
  const auto d = lookup(root, "d")->node;
  const auto f = lookup(d, "f")->node;
  ASSERT_TRUE(lookup(d, "f"));
  EXPECT_EQ(files->count().inodes, 3U);
  EXPECT_EQ(files->count().lookups, 3U);
  const std::vector<forgotten> batch{{d, 1}, {f, 2}, {inode_id{999}, 5}};
  files->forget(batch);
  EXPECT_EQ(files->count().inodes, 1U);
  EXPECT_EQ(files->count().lookups, 0U);
}

TEST_F(lookups, below_a_source_directory_stay_below_it) {
  hdfs.add_directory("/user");
  hdfs.add_directory("/user/alice");
  hdfs.add_file("/user/alice/f", "x");
  options settings;
  settings.source = "/user/alice";
  mount(settings);
  EXPECT_TRUE(lookup(root, "f"));
  EXPECT_EQ(hdfs.log(), std::vector<std::string>{"get_status /user/alice/f"});
}

TEST_F(lookups, a_source_has_to_be_a_directory) {
  hdfs.add_file("/f", "x");
  options settings;
  for (const auto* source : {"/f", "/none"}) {
    settings.source = source;
    file_system other(hdfs, names, clock, runner.log, numbers, settings);
    const auto started = runner.run(other.start(call_context(users.self(), in(seconds(10)))));
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().to_string().find(source), std::string::npos);
  }
}

TEST_F(lookups, after_shutdown_fail) {
  hdfs.add_file("/f", "x");
  mount();
  ASSERT_TRUE(lookup(root, "f"));
  files->shutdown();
  EXPECT_EQ(errno_for(lookup(root, "f"), operation::lookup), ENOTCONN);
  EXPECT_EQ(errno_for(getattr(root), operation::getattr), ENOTCONN);
  EXPECT_EQ(errno_for(opendir(root), operation::opendir), ENOTCONN);
}

class other_calls : public mounted_fake {
 protected:
  result<void> access(inode_id node, int mask) { return runner.run(files->access(ask(operation::access), node, mask)); }
  result<std::string> readlink(inode_id node) { return runner.run(files->readlink(ask(operation::readlink), node)); }
};

TEST_F(other_calls, access_follows_the_mode_bits) {
  hdfs.add_file("/mine", "x");
  hdfs.change("/mine", [](fake_node& n) {
    n.owner = "daemon";
    n.mode = 0477;
  });
  hdfs.add_file("/shared", "x");
  hdfs.change("/shared", [](fake_node& n) { n.mode = 0640; });
  hdfs.add_file("/closed", "x");
  hdfs.change("/closed", [](fake_node& n) { n.mode = 0600; });
  mount();
  EXPECT_TRUE(access(walk("/mine"), R_OK));
  EXPECT_EQ(errno_for(access(walk("/mine"), X_OK), operation::access), EACCES) << "the owner's bits alone count";
  EXPECT_TRUE(access(walk("/shared"), R_OK)) << "only the NameNode knows who is in the group";
  EXPECT_EQ(errno_for(access(walk("/closed"), R_OK), operation::access), EACCES);
  EXPECT_TRUE(access(walk("/closed"), F_OK));
  EXPECT_EQ(errno_for(access(walk("/mine"), W_OK), operation::access), EROFS);
}

TEST_F(other_calls, readlink_keeps_relative_targets_and_leads_absolute_ones_into_the_mount) {
  hdfs.add_directory("/u");
  hdfs.add_directory("/u/d");
  hdfs.add_link("/u/near", "d/f");
  hdfs.add_link("/u/d/far", "/u/x/y");
  hdfs.add_link("/u/top", "/u/x");
  hdfs.add_link("/u/outside", "/etc/x");
  hdfs.add_file("/u/plain", "x");
  options settings;
  settings.source = "/u";
  mount(settings);
  EXPECT_EQ(*readlink(walk("/near")), "d/f");
  EXPECT_EQ(*readlink(walk("/d/far")), "../x/y");
  EXPECT_EQ(*readlink(walk("/top")), "x");
  EXPECT_EQ(*readlink(walk("/outside")), "/etc/x");
  EXPECT_EQ(errno_for(readlink(walk("/plain")), operation::readlink), EINVAL);
}

TEST_F(other_calls, statfs_is_cached_for_the_timeout) {
  mount();
  for (int i = 0; i < 3; ++i) {
    const auto numbers_now = runner.run(files->statfs(ask(operation::statfs)));
    ASSERT_TRUE(numbers_now);
    EXPECT_EQ(numbers_now->blocks, 1000U);
    EXPECT_EQ(numbers_now->free, 700U);
    EXPECT_EQ(numbers_now->available, 600U);
    EXPECT_EQ(numbers_now->name_max, 255U);
  }
  EXPECT_EQ(hdfs.calls("get_stats"), 1);
  clock.advance(seconds(1));
  ASSERT_TRUE(runner.run(files->statfs(ask(operation::statfs))));
  EXPECT_EQ(hdfs.calls("get_stats"), 2);
}

TEST_F(other_calls, changes_are_refused) {
  mount();
  EXPECT_EQ(errno_of(files->refuse_change(), operation::mkdir), EROFS);
}

TEST_F(other_calls, failures_are_reported_with_their_errno) {
  mount();
  runner.log.set_level(log_level::debug);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(files->report(ask(operation::open), root, "f\n", error(errc::unsupported, "erasure-coded")), EOPNOTSUPP);
  runner.log.set_level(log_level::info);
  EXPECT_EQ(files->report(ask(operation::lookup), root, "none", error(namenode_errc::not_found)), ENOENT);
  EXPECT_TRUE(runner.log.flush(seconds(5)));
  const auto lines = ::testing::internal::GetCapturedStderr();
  for (const auto* part : {"request 7", "open", "inode 1", "\"/f \"", "uid 500", "daemon", "erasure-coded"})
    EXPECT_NE(lines.find(part), std::string::npos) << part << " in " << lines;
  EXPECT_EQ(lines.find("none"), std::string::npos) << "an everyday failure is no log line";
}

}  // namespace
}  // namespace hdfsmount::fs::testing
