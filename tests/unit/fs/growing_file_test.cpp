#include "mounted_fake.hpp"

namespace hdfsmount::fs::testing {
namespace {

class reading_what_is_written : public mounted_fake {
 protected:
  static void grow(fake_node& n, const std::string& by) { n.content += by; }
  /// Ten bytes that the NameNode counts and five of a block being written.
  inode_id file_of_10_and_5() {
    hdfs.add_file("/f", "0123456789abcde");
    hdfs.change("/f", [](fake_node& n) {
      n.in_progress = 5;
      n.under_construction = true;
    });
    mount();
    return walk("/f");
  }
  void write(const std::string& more) {
    hdfs.change("/f", [&](fake_node& n) {
      n.content += more;
      n.in_progress += more.size();
    });
  }
};

TEST_F(reading_what_is_written, reads_at_least_what_was_shown) {
  const auto f = file_of_10_and_5();
  clock.advance(milliseconds(500));
  const auto opened = open(f);
  clock.advance(milliseconds(500));
  write("fghijk");
  hdfs.change("/f", [](fake_node& n) { n.in_progress = 1; });  // a new block: the NameNode counts the one before it
  ASSERT_EQ(getattr(f, opened->handle)->attr.size, 20U);
  EXPECT_EQ(*read(opened->handle, 8, 100), "89abcdefghijk");
}

TEST_F(reading_what_is_written, another_open_sees_at_least_what_was_shown) {
  const auto f = file_of_10_and_5();
  const auto first = open(f);
  EXPECT_EQ(getattr(f)->attr.size, 15U);
  hdfs.change("/f", [](fake_node& n) { n.late = 2; });
  clock.advance(milliseconds(1));
  const auto second = open(f);
  files->release(first->handle);
  EXPECT_EQ(*read(second->handle, 10, 100), "abcde");
  clock.advance(seconds(1));
  EXPECT_EQ(getattr(f, second->handle)->attr.size, 15U);
}

TEST_F(reading_what_is_written, a_handle_reads_at_least_what_another_showed_since) {
  const auto f = file_of_10_and_5();
  const auto first = open(f);
  hdfs.change("/f", [](fake_node& n) { n.late = 2; });
  clock.advance(milliseconds(1));
  const auto second = open(f);
  EXPECT_EQ(*read(second->handle, 10, 100), "abc") << "nobody has seen more";
  EXPECT_EQ(getattr(f, second->handle)->attr.size, 15U);
  EXPECT_EQ(*read(second->handle, 10, 100), "abcde");
}

TEST_F(reading_what_is_written, does_not_end_a_file_before_what_was_shown) {
  const auto f = file_of_10_and_5();
  const auto first = open(f);
  hdfs.change("/f", [](fake_node& n) { n.late = 2; });
  const auto second = open(f);
  EXPECT_EQ(getattr(f, second->handle)->attr.size, 15U);
  hdfs.fail("refresh_length", error(errc::no_replica), 1);
  EXPECT_EQ(read(second->handle, 10, 100).error(), make_error_code(errc::no_replica));
  EXPECT_EQ(*read(second->handle, 10, 100), "abcde");
}

TEST_F(reading_what_is_written, shows_the_namenodes_length_until_it_is_opened) {
  const auto f = file_of_10_and_5();
  EXPECT_EQ(getattr(f)->attr.size, 10U);
  const auto opened = open(f);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->direct_io);
  EXPECT_FALSE(opened->keep_cache);
  EXPECT_EQ(getattr(f)->attr.size, 15U);
  EXPECT_EQ(getattr(f, opened->handle)->attr.blocks, 1U);
  EXPECT_EQ(lookup(root, "f")->attr.size, 15U);
  EXPECT_EQ(*read(opened->handle, 8, 100), "89abcde");
  files->release(opened->handle);
  clock.advance(seconds(1));
  EXPECT_EQ(getattr(f)->attr.size, 10U);
}

TEST_F(reading_what_is_written, asks_for_the_length_once_per_timeout) {
  const auto f = file_of_10_and_5();
  const auto opened = open(f);
  write("fghij");
  EXPECT_EQ(getattr(f)->attr.size, 15U);
  EXPECT_EQ(*read(opened->handle, 15, 100), "");
  EXPECT_EQ(hdfs.calls("refresh_length"), 0);
  clock.advance(seconds(1));
  EXPECT_FALSE(files->try_getattr(ask(operation::getattr), f, opened->handle));
  EXPECT_EQ(getattr(f)->attr.size, 20U);
  EXPECT_EQ(*read(opened->handle, 15, 100), "fghij");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(getattr(f));
  EXPECT_EQ(hdfs.calls("refresh_length"), 1);
}

TEST_F(reading_what_is_written, learns_of_more_by_reading_at_the_end) {
  const auto f = file_of_10_and_5();
  const auto opened = open(f);
  write("fghij");
  clock.advance(seconds(1));
  EXPECT_FALSE(files->try_read(ask(operation::read), opened->handle, 10, 100));
  EXPECT_EQ(*read(opened->handle, 10, 100), "abcdefghij");
  EXPECT_EQ(hdfs.calls("refresh_length"), 1);
  EXPECT_EQ(*read(opened->handle, 0, 5), "01234");
  EXPECT_EQ(hdfs.calls("refresh_length"), 1);
}

TEST_F(reading_what_is_written, every_handle_learns) {
  const auto f = file_of_10_and_5();
  const auto first = open(f);
  const auto second = open(f);
  write("fghij");
  clock.advance(seconds(1));
  EXPECT_EQ(getattr(f)->attr.size, 20U);
  EXPECT_EQ(hdfs.calls("refresh_length"), 1) << "once for the inode";
  EXPECT_EQ(*read(first->handle, 15, 100), "fghij");
  EXPECT_EQ(*read(second->handle, 15, 100), "fghij");
}

TEST_F(reading_what_is_written, sees_the_file_completed) {
  const auto f = file_of_10_and_5();
  const auto opened = open(f);
  hdfs.change("/f", [](fake_node& n) {
    n.content += "fghij";
    n.in_progress = 0;
    n.under_construction = false;
  });
  clock.advance(seconds(1));
  EXPECT_EQ(getattr(f)->attr.size, 20U);
  EXPECT_EQ(*read(opened->handle, 15, 100), "fghij");
  hdfs.forget_calls();
  clock.advance(seconds(1));
  EXPECT_EQ(getattr(f)->attr.size, 20U);
  EXPECT_EQ(hdfs.calls("refresh_length"), 0);
}

TEST_F(reading_what_is_written, is_bounded_when_the_length_cannot_be_had) {
  const auto f = file_of_10_and_5();
  const auto opened = open(f);
  clock.advance(seconds(1));
  hdfs.fail("refresh_length", error(errc::no_replica), 1);
  EXPECT_EQ(getattr(f)->attr.size, 15U) << "what was known stays";
  clock.advance(seconds(1));
  hdfs.hold();
  const auto late = runner.run(files->getattr(ask(operation::getattr, milliseconds(30)), f, opened->handle));
  EXPECT_EQ(errno_for(late, operation::getattr), ETIMEDOUT);
  hdfs.release();
}

TEST_F(reading_what_is_written, gives_what_was_shown_although_another_handle_knew_of_it) {
  hdfs.add_file("/f", "0123456789");
  mount();
  const auto f = walk("/f");
  const auto before = open(f);
  clock.advance(milliseconds(1));
  hdfs.change("/f", [](fake_node& n) {
    grow(n, "abcde");
    n.in_progress = 5;
    n.under_construction = true;
  });
  const auto during = open(f);
  EXPECT_EQ(getattr(f)->attr.size, 15U);
  files->release(during->handle);
  EXPECT_FALSE(files->try_read(ask(operation::read), before->handle, 5, 100));
  EXPECT_EQ(*read(before->handle, 5, 100), "56789abcde");
}

TEST_F(reading_what_is_written, a_handle_learns_of_bytes_appended_after_its_open) {
  hdfs.add_file("/f", "0123456789");
  mount();
  const auto f = walk("/f");
  const auto opened = open(f);
  hdfs.change("/f", [](fake_node& n) { grow(n, "abc"); });
  EXPECT_EQ(*read(opened->handle, 5, 100), "56789");
  EXPECT_EQ(hdfs.calls("refresh_length"), 0) << "the tail of a file is no reason to ask";
  clock.advance(seconds(1));
  EXPECT_EQ(getattr(f)->attr.size, 13U);
  EXPECT_FALSE(files->try_read(ask(operation::read), opened->handle, 10, 100));
  EXPECT_EQ(*read(opened->handle, 10, 100), "abc");
  EXPECT_EQ(hdfs.calls("refresh_length"), 1);
}

TEST_F(reading_what_is_written, the_length_found_by_an_open_is_shown_at_once) {
  hdfs.add_file("/f", "0123456789");
  mount();
  const auto f = walk("/f");
  clock.advance(milliseconds(10));
  hdfs.change("/f", [](fake_node& n) { grow(n, "abc"); });
  const auto opened = open(f);
  ASSERT_TRUE(opened);
  EXPECT_EQ(getattr(f)->attr.size, 13U) << "the record is older than the open";
}

}  // namespace
}  // namespace hdfsmount::fs::testing
