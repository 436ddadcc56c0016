#include "mounted_fake.hpp"

namespace hdfsmount::fs::testing {
namespace {

class reading : public mounted_fake {};

TEST_F(reading, gives_the_bytes_and_ends_at_the_end) {
  hdfs.add_file("/f", "0123456789");
  mount();
  const auto opened = open(walk("/f"));
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->direct_io);
  EXPECT_EQ(*read(opened->handle, 0, 4), "0123");
  EXPECT_EQ(*read(opened->handle, 8, 4096), "89");
  EXPECT_EQ(*read(opened->handle, 10, 4096), "");
  EXPECT_EQ(*read(opened->handle, UINT64_MAX, 4096), "");
  EXPECT_EQ(*read(opened->handle, 3, 0), "");
  EXPECT_EQ(hdfs.calls("read"), 2) << "past the end nobody has to be asked";
  EXPECT_EQ(hdfs.calls("refresh_length"), 0);
}

TEST_F(reading, acts_as_the_caller_of_the_open) {
  hdfs.add_file("/f", "x");
  mount();
  const auto opened = open(walk("/f"));
  request kernel(operation::read, call_context(users.map(0, 0, 0), in(seconds(10))));
  ASSERT_TRUE(runner.run(files->read(kernel, opened->handle, 0, 10)));
  EXPECT_EQ(hdfs.last_caller()->uid, 500U);
}

TEST_F(reading, is_answered_from_memory_where_possible) {
  hdfs.add_file("/f", "0123456789");
  mount();
  const auto f = walk("/f");
  const auto opened = open(f);
  EXPECT_FALSE(files->try_read(ask(operation::read), opened->handle, 0, 4));
  hdfs.change("/f", [](fake_node& n) { n.owner = "prefetched"; });
  const auto quick = files->try_read(ask(operation::read), opened->handle, 2, 4);
  ASSERT_TRUE(quick);
  EXPECT_EQ(*text_of(*quick), "2345");
  const auto past = files->try_read(ask(operation::read), opened->handle, 10, 4);
  ASSERT_TRUE(past && *past);
  EXPECT_EQ((*past)->size(), 0U);
}

TEST_F(reading, wrong_handles_are_refused) {
  hdfs.add_file("/f", "x");
  mount();
  const auto opened = open(walk("/f"));
  const auto directory = opendir(root);
  EXPECT_EQ(errno_for(read(handle_id{4711}, 0, 1), operation::read), EBADF);
  EXPECT_EQ(errno_for(read(*directory, 0, 1), operation::read), EBADF);
  EXPECT_EQ(errno_for(readdir(opened->handle, 0), operation::readdir), EBADF);
  files->release(opened->handle);
  files->release(opened->handle);
  EXPECT_EQ(errno_for(read(opened->handle, 0, 1), operation::read), EBADF);
  EXPECT_EQ(hdfs.calls("close"), 1);
}

TEST_F(reading, in_progress_survives_release_which_then_closes_once) {
  hdfs.add_file("/f", "0123456789");
  mount();
  const auto opened = open(walk("/f"));
  hdfs.hold();
  auto pending = runner.start(files->read(ask(operation::read), opened->handle, 0, 4));
  ASSERT_TRUE(eventually([&] { return hdfs.calls("read") == 1; }));
  files->release(opened->handle);
  EXPECT_EQ(hdfs.calls("close"), 0);
  EXPECT_EQ(errno_for(read(opened->handle, 0, 1), operation::read), EBADF);
  hdfs.release();
  EXPECT_EQ(*text_of(pending.get()), "0123");
  EXPECT_TRUE(eventually([&] { return hdfs.calls("close") == 1; }));
}

TEST_F(reading, racing_with_release_never_uses_a_closed_stream) {
  hdfs.add_file("/f", "0123456789");
  mount();
  const auto f = walk("/f");
  for (int round = 0; round < 100; ++round) {
    const auto opened = open(f);
    ASSERT_TRUE(opened);
    std::vector<task_runner::started<result<hdfs::read_data>>> reads;
    for (int i = 0; i < 4; ++i) reads.push_back(runner.start(files->read(ask(operation::read), opened->handle, 0, 4)));
    files->release(opened->handle);
    for (auto& one : reads) {
      const auto got = one.get();
      EXPECT_TRUE(got ? got->size() == 4 : errno_of(got.error(), operation::read) == EBADF);
    }
  }
  EXPECT_EQ(hdfs.calls("close"), 100);
  EXPECT_EQ(files->count().open_files, 0U);
}

TEST_F(reading, is_bounded_and_can_be_cancelled) {
  hdfs.add_file("/f", "x");
  mount();
  const auto f = walk("/f");
  const auto opened = open(f);
  hdfs.hold();
  const auto late = runner.run(files->read(ask(operation::read, milliseconds(30)), opened->handle, 0, 1));
  EXPECT_EQ(errno_for(late, operation::read), ETIMEDOUT);
  clock.advance(seconds(1));
  auto interrupted = runner.start(files->read(ask(operation::read), opened->handle, 0, 1));
  interrupted.task.cancel();
  EXPECT_EQ(errno_for(interrupted.get(), operation::read), EINTR);
  auto opening = runner.start(files->open(ask(operation::open), f, O_RDONLY));
  opening.task.cancel();
  EXPECT_EQ(errno_for(opening.get(), operation::open), EINTR);
  hdfs.release();
  EXPECT_EQ(files->count().open_files, 1U);
}

TEST_F(reading, that_failed_fails_at_once_when_the_kernel_asks_again_for_its_pages) {
  hdfs.add_file("/f", std::string(10'000, 'x'));
  mount();
  const auto f = walk("/f");
  const auto first = open(f);
  const auto second = open(f);
  hdfs.fail("read", error(errc::no_replica, "gone"), 1);
  EXPECT_EQ(errno_for(read(first->handle, 0, 8192), operation::read), EIO);
  EXPECT_EQ(errno_for(read(first->handle, 4096, 4096), operation::read), EIO);
  EXPECT_EQ(errno_for(read(second->handle, 0, 4096), operation::read), EIO) << "it waited for the same pages";
  EXPECT_EQ(read(first->handle, 8192, 4096)->size(), 10'000U - 8192) << "this page was not asked for before";
  EXPECT_EQ(hdfs.calls("read"), 2);
  clock.advance(seconds(1));
  EXPECT_EQ(read(first->handle, 0, 4096)->size(), 4096U);
}

TEST_F(reading, that_was_given_up_is_no_failure_of_the_file) {
  hdfs.add_file("/f", "x");
  mount();
  const auto opened = open(walk("/f"));
  hdfs.hold();
  auto interrupted = runner.start(files->read(ask(operation::read), opened->handle, 0, 1));
  interrupted.task.cancel();
  EXPECT_EQ(errno_for(interrupted.get(), operation::read), EINTR);
  hdfs.release();
  EXPECT_EQ(*read(opened->handle, 0, 1), "x");
}

TEST_F(reading, ends_with_shutdown) {
  hdfs.add_file("/f", "x");
  mount();
  const auto f = walk("/f");
  const auto opened = open(f);
  hdfs.hold();
  auto opening = runner.start(files->open(ask(operation::open), f, O_RDONLY));
  ASSERT_TRUE(eventually([&] { return hdfs.calls("open") == 2; }));
  files->shutdown();
  EXPECT_EQ(hdfs.calls("close"), 1);
  EXPECT_EQ(errno_for(read(opened->handle, 0, 1), operation::read), ENOTCONN);
  EXPECT_EQ(errno_for(open(f), operation::open), ENOTCONN);
  hdfs.release();
  EXPECT_EQ(errno_for(opening.get(), operation::open), ENOTCONN) << "an open in progress must not leave a handle";
  EXPECT_EQ(hdfs.calls("close"), 2);
  files->release(opened->handle);
}

TEST_F(reading, keeps_the_inode_while_open) {
  hdfs.add_file("/f", "x");
  mount();
  const auto f = walk("/f");
  const auto opened = open(f);
  files->forget(f, 1);
  EXPECT_EQ(*read(opened->handle, 0, 1), "x");
  EXPECT_TRUE(getattr(f, opened->handle));
  files->release(opened->handle);
  EXPECT_EQ(files->count().inodes, 1U);
}

TEST_F(reading, keeps_cached_pages_only_while_the_file_is_unchanged) {
  hdfs.add_file("/f", "0123456789");
  mount();
  const auto f = walk("/f");
  const auto reopen = [&] {
    clock.advance(seconds(1));
    EXPECT_TRUE(lookup(root, "f"));
    const auto opened = open(f);
    EXPECT_TRUE(opened);
    if (opened) files->release(opened->handle);
    return opened && opened->keep_cache;
  };
  EXPECT_FALSE(reopen()) << "nothing can be known to be cached";
  EXPECT_TRUE(reopen());
  EXPECT_TRUE(reopen());
  hdfs.change("/f", [](fake_node& n) { n.mtime_ms += 1; });
  EXPECT_FALSE(reopen()) << "rewritten with the same length";
  EXPECT_TRUE(reopen());
  hdfs.change("/f", [](fake_node& n) { n.content += "more"; });
  EXPECT_FALSE(reopen());
  EXPECT_TRUE(reopen());
  hdfs.change("/f", [](fake_node& n) { n.under_construction = true; });
  EXPECT_FALSE(reopen()) << "never for a file being written";
  EXPECT_FALSE(reopen());
  hdfs.change("/f", [](fake_node& n) { n.under_construction = false; });
  EXPECT_FALSE(reopen());
  EXPECT_TRUE(reopen());
}

TEST_F(reading, does_not_keep_pages_on_the_word_of_an_old_record) {
  hdfs.add_file("/f", "0123456789");
  mount();
  const auto f = walk("/f");
  ASSERT_TRUE(open(f));
  EXPECT_TRUE(open(f)->keep_cache);
  clock.advance(seconds(1));
  EXPECT_FALSE(open(f)->keep_cache);
}

}  // namespace
}  // namespace hdfsmount::fs::testing
