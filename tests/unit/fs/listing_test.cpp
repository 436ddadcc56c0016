#include <algorithm>

#include "mounted_fake.hpp"

namespace hdfsmount::fs::testing {
namespace {

class listing : public mounted_fake {
 protected:
  /// 25 files f00 .. f24 in pages of ten.
  inode_id directory_of_25() {
    hdfs.add_directory("/d");
    for (int i = 0; i < 25; ++i) hdfs.add_file("/d/" + name(i), std::string(static_cast<std::size_t>(i), 'x'));
    hdfs.page_size = 10;
    mount();
    const auto d = walk("/d");
    hdfs.forget_calls();
    return d;
  }
  static std::string name(int i) { return (i < 10 ? "f0" : "f") + std::to_string(i); }
  static std::vector<std::string> everything(int from = -2, int to = 25) {
    std::vector<std::string> out;
    for (int i = from; i < to; ++i) out.push_back(i == -2 ? "." : i == -1 ? ".." : name(i));
    return out;
  }
};

TEST_F(listing, comes_in_pages_on_demand) {
  const auto handle = opendir(directory_of_25());
  ASSERT_TRUE(handle);
  EXPECT_EQ(hdfs.calls("list"), 1);
  EXPECT_EQ(names_from(*handle, 0), everything());
  EXPECT_EQ(hdfs.calls("list"), 3);
  EXPECT_EQ(hdfs.calls(), 3) << "attributes come with the listing";
}

TEST_F(listing, may_be_taken_in_bits_of_any_size) {
  const auto handle = opendir(directory_of_25());
  for (const std::size_t batch : {1U, 2U, 3U, 7U, 11U}) EXPECT_EQ(names_from(*handle, 0, batch), everything()) << batch;
}

TEST_F(listing, an_empty_directory_has_its_dots) {
  const auto id = hdfs.add_directory("/d");
  mount();
  const auto handle = opendir(walk("/d"));
  ASSERT_TRUE(handle);
  const auto slice = readdir(*handle, 0);
  ASSERT_TRUE(slice);
  ASSERT_EQ(slice->entries.size(), 2U);
  EXPECT_EQ(slice->entries[0].name, ".");
  EXPECT_EQ(slice->entries[0].ino, id);
  EXPECT_EQ(slice->entries[0].next, 1U);
  EXPECT_EQ(slice->entries[1].name, "..");
  EXPECT_EQ(slice->entries[1].ino, 16385U);
  EXPECT_TRUE(readdir(*handle, 2)->entries.empty());
  EXPECT_TRUE(readdir(*handle, 99)->entries.empty());
}

TEST_F(listing, entries_carry_type_and_number) {
  hdfs.add_directory("/d");
  hdfs.add_directory("/d/sub");
  const auto file = hdfs.add_file("/d/file", "x");
  hdfs.add_link("/d/link", "file");
  mount();
  const auto handle = opendir(walk("/d"));
  const auto slice = readdir(*handle, 2);
  ASSERT_TRUE(slice);
  ASSERT_EQ(slice->entries.size(), 3U);
  EXPECT_EQ(slice->entries[0].name, "file");
  EXPECT_EQ(slice->entries[0].ino, file);
  EXPECT_EQ(slice->entries[0].type, file_type::regular);
  EXPECT_EQ(slice->entries[1].type, file_type::symlink);
  EXPECT_EQ(slice->entries[2].type, file_type::directory);
}

TEST_F(listing, seeking_goes_to_the_same_entries_again) {
  const auto handle = opendir(directory_of_25());
  EXPECT_EQ(names_from(*handle, 0), everything());
  hdfs.forget_calls();
  for (const int target : {24, 3, 17, 10, 9, 11, 0, 23}) {
    const auto slice = readdir(*handle, static_cast<std::uint64_t>(target) + 2);
    ASSERT_TRUE(slice && !slice->entries.empty());
    EXPECT_EQ(slice->entries.front().name, name(target));
    EXPECT_EQ(names_from(*handle, static_cast<std::uint64_t>(target) + 2), everything(target));
  }
  hdfs.forget_calls();
  EXPECT_EQ(readdir(*handle, 2)->entries.front().name, "f00");
  EXPECT_EQ(hdfs.calls("list"), 1) << "seeking back costs one call";
  EXPECT_EQ(readdir(*handle, 25)->entries.front().name, "f23");
  EXPECT_EQ(hdfs.calls("list"), 2) << "and so does seeking to a page seen before";
}

TEST_F(listing, seeking_works_on_a_handle_that_has_read_nothing) {
  const auto handle = opendir(directory_of_25());
  EXPECT_EQ(names_from(*handle, 19), everything(17));
}

TEST_F(listing, rewinding_lists_afresh) {
  const auto handle = opendir(directory_of_25());
  EXPECT_EQ(names_from(*handle, 0), everything());
  hdfs.add_file("/d/a-new-one", "x");
  hdfs.remove("/d/f03");
  const auto again = names_from(*handle, 0);
  EXPECT_EQ(again.size(), everything().size());
  EXPECT_EQ(again[2], "a-new-one");
  EXPECT_EQ(std::count(again.begin(), again.end(), "f03"), 0);
}

TEST_F(listing, a_page_waiting_since_opendir_is_not_shown_when_it_is_old) {
  const auto handle = opendir(directory_of_25());
  hdfs.add_file("/d/a-new-one", "x");
  clock.advance(seconds(2));
  EXPECT_EQ(names_from(*handle, 0)[2], "a-new-one");
}

TEST_F(listing, changes_while_reading_neither_lose_nor_repeat_other_names) {
  const auto handle = opendir(directory_of_25());
  std::vector<std::string> seen;
  std::uint64_t offset = 0;
  int step = 0;
  for (;;) {
    const auto slice = readdir(*handle, offset);
    ASSERT_TRUE(slice);
    if (slice->entries.empty()) break;
    for (const auto& one : slice->entries.first(std::min<std::size_t>(4, slice->entries.size()))) {
      seen.push_back(one.name);
      offset = one.next;
    }
    // Ahead of, at and behind the reader.
    if (step == 1) hdfs.remove("/d/f00");
    if (step == 2) hdfs.remove("/d/f09");
    if (step == 3) hdfs.add_file("/d/a", "x");
    if (step == 4) hdfs.remove("/d/f20");
    ++step;
  }
  auto expected = everything();
  std::erase(expected, "f20");
  EXPECT_EQ(seen, expected);
}

TEST_F(listing, after_seeking_back_into_a_changed_directory_reading_goes_on_without_gaps) {
  const auto handle = opendir(directory_of_25());
  EXPECT_EQ(names_from(*handle, 0), everything());
  for (const auto* gone : {"/d/f01", "/d/f02"}) hdfs.remove(gone);
  auto rest = names_from(*handle, 2);
  auto expected = everything(0);
  std::erase(expected, "f01");
  std::erase(expected, "f02");
  EXPECT_EQ(rest, expected);
}

TEST_F(listing, fills_the_caches) {
  const auto handle = opendir(directory_of_25());
  const auto slice = readdir(*handle, 0);
  ASSERT_TRUE(slice);
  hdfs.forget_calls();
  const auto d = walk("/d");
  for (const auto& one : slice->entries.subspan(2)) {
    const auto found = files->try_lookup(ask(operation::lookup), d, one.name);
    ASSERT_TRUE(found && *found) << one.name;
    EXPECT_EQ((*found)->attr.ino, one.ino);
    EXPECT_TRUE(files->try_getattr(ask(operation::getattr), (*found)->node, std::nullopt));
  }
  EXPECT_EQ(hdfs.calls(), 0);
}

TEST_F(listing, only_remembered_entries_count_as_looked_up) {
  const auto d = directory_of_25();
  const auto handle = opendir(d);
  const auto slice = readdir(*handle, 0);
  ASSERT_TRUE(slice);
  EXPECT_EQ(files->count().lookups, 1U) << "of the directory alone";
  clock.advance(milliseconds(250));
  const auto dot = files->remember(*handle, slice->entries[0]);
  EXPECT_EQ(dot.node, inode_id{0});
  EXPECT_EQ(dot.attr.ino, slice->entries[0].ino);
  EXPECT_EQ(dot.attr.type, file_type::directory);
  const auto fifth = files->remember(*handle, slice->entries[7]);
  EXPECT_EQ(fifth.attr.size, 5U);
  EXPECT_EQ(fifth.attr.ino, slice->entries[7].ino);
  EXPECT_EQ(fifth.entry_timeout, milliseconds(750));
  EXPECT_EQ(files->count().lookups, 2U);
  EXPECT_EQ(lookup(d, "f05")->node, fifth.node);
  files->forget(fifth.node, 2);
  EXPECT_EQ(files->count().lookups, 1U);
}

TEST_F(listing, slices_outlive_their_handle) {
  const auto handle = opendir(directory_of_25());
  const auto slice = readdir(*handle, 0);
  ASSERT_TRUE(slice);
  files->releasedir(*handle);
  EXPECT_EQ(slice->entries[2].name, "f00");
  EXPECT_EQ(errno_for(readdir(*handle, 0), operation::readdir), EBADF);
  EXPECT_EQ(files->remember(*handle, slice->entries[2]).node, inode_id{0});
}

TEST_F(listing, of_an_unreadable_directory_fails_at_opendir) {
  hdfs.add_directory("/d");
  mount();
  const auto d = walk("/d");
  hdfs.fail("list", error(namenode_errc::access_denied));
  EXPECT_EQ(errno_for(opendir(d), operation::opendir), EACCES);
  EXPECT_EQ(files->count().open_directories, 0U);
}

TEST_F(listing, of_a_deleted_directory) {
  const auto d = directory_of_25();
  const auto handle = opendir(d);
  hdfs.remove("/d");
  EXPECT_EQ(errno_for(readdir(*handle, 12), operation::readdir), ENOENT);
  EXPECT_EQ(errno_for(opendir(d), operation::opendir), ESTALE) << "so that the kernel looks again";
}

TEST_F(listing, of_a_directory_replaced_by_a_file) {
  const auto d = directory_of_25();
  hdfs.remove("/d");
  hdfs.add_file("/d", "x");
  EXPECT_EQ(errno_for(opendir(d), operation::opendir), ESTALE);
  EXPECT_EQ(errno_for(opendir(walk("/d")), operation::opendir), ENOTDIR);
}

TEST_F(listing, follows_a_directory_renamed_while_it_is_open) {
  const auto handle = opendir(directory_of_25());
  hdfs.rename("/d", "/e");
  EXPECT_EQ(names_from(*handle, 0), everything());
}

TEST_F(listing, keeps_its_inode_while_open) {
  const auto d = directory_of_25();
  const auto handle = opendir(d);
  files->forget(d, 1);
  EXPECT_EQ(names_from(*handle, 0), everything());
  files->releasedir(*handle);
  EXPECT_EQ(files->count().inodes, 1U);
}

TEST_F(listing, acts_as_the_caller_of_the_open) {
  const auto handle = opendir(directory_of_25());
  request kernel(operation::readdir, call_context(users.map(0, 0, 0), in(seconds(10))));
  ASSERT_TRUE(runner.run(files->readdir(kernel, *handle, 12)));
  EXPECT_EQ(hdfs.last_caller()->uid, 500U);
}

TEST_F(listing, is_bounded_and_can_be_cancelled) {
  const auto d = directory_of_25();
  const auto handle = opendir(d);
  hdfs.hold();
  const auto late = runner.run(files->readdir(ask(operation::readdir, milliseconds(30)), *handle, 12));
  EXPECT_EQ(errno_for(late, operation::readdir), ETIMEDOUT);
  auto interrupted = runner.start(files->opendir(ask(operation::opendir), d));
  interrupted.task.cancel();
  EXPECT_EQ(errno_for(interrupted.get(), operation::opendir), EINTR);
  hdfs.release();
  EXPECT_EQ(names_from(*handle, 0), everything()) << "a failed page leaves the handle as it was";
}

TEST_F(listing, concurrent_readers_of_one_handle_do_no_harm) {
  const auto handle = opendir(directory_of_25());
  std::vector<std::thread> readers;
  std::atomic<int> right{0};
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      for (int round = 0; round < 20; ++round) right += names_from(*handle, 2, 3) == everything(0);
    });
  for (auto& t : readers) t.join();
  EXPECT_EQ(right, 80);
}

TEST_F(listing, a_server_that_makes_no_progress_is_an_error) {
  class stuck final : public hdfs::client {
   public:
    async::task<result<wire::file_status>> get_status(call_context, std::string) override {
      wire::file_status out;
      out.type = wire::file_type::directory;
      out.id = file_id(16385);
      co_return out;
    }
    async::task<result<wire::directory_page>> list(call_context, std::string, std::string) override {
      wire::directory_page out;
      out.entries.emplace_back();
      out.entries.back().name = "same";
      out.remaining = 5;
      co_return out;
    }
    async::task<result<std::string>> get_link_target(call_context, std::string) override { co_return std::string(); }
    async::task<result<wire::fs_stats>> get_stats(call_context) override { co_return wire::fs_stats(); }
    async::task<result<wire::server_defaults>> get_server_defaults(call_context) override {
      co_return wire::server_defaults();
    }
    async::task<result<std::shared_ptr<hdfs::input_stream>>> open(call_context, hdfs::open_request) override {
      co_return error(errc::unsupported);
    }
    std::shared_ptr<hdfs::input_stream> try_open(const call_context&, const hdfs::open_request&) override {
      return nullptr;
    }
    void open_ahead(call_context, hdfs::open_request) override {}
  } server;
  file_system other(server, names, clock, runner.log, numbers, {});
  ASSERT_TRUE(runner.run(other.start(call_context(users.self(), in(seconds(10))))));
  const auto handle = runner.run(other.opendir(ask(operation::opendir), root));
  ASSERT_TRUE(handle);
  const auto beyond = runner.run(other.readdir(ask(operation::readdir), *handle, 1000));
  EXPECT_EQ(errno_for(beyond, operation::readdir), EIO);
}

}  // namespace
}  // namespace hdfsmount::fs::testing
