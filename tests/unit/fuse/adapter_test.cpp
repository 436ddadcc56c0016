#include "fuse/adapter.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <set>
#include <thread>

#include "unit/fs/fake_hdfs.hpp"
#include "unit/fs/fake_name_service.hpp"
#include "unit/fuse/fake_kernel.hpp"

namespace hdfsmount::fuse {
namespace {

using testing::fake_kernel;

/// A mount without a kernel: fake kernel - adapter - the real fs/ - fake HDFS.
class adapter_test : public ::testing::Test {
 protected:
  adapter_test() {
    hdfs_.add_file("/hello", "hello, world");
    hdfs_.add_directory("/dir");
    for (int i = 0; i < 300; ++i) hdfs_.add_file("/dir/file-" + std::to_string(i), "x");
  }
  ~adapter_test() override {
    if (kernel_) kernel_->hang_up();
    files_->shutdown();
    EXPECT_TRUE(adapter_->cancel_requests(seconds(10)));
    kernel_.reset();
    guard_.reset();
    io_thread_.join();
  }

  void start() {
    fs::options settings;
    settings.attr_timeout = settings.entry_timeout = milliseconds(0);
    files_.emplace(hdfs_, names_, clock_, log_, numbers_, settings);
    adapter_.emplace(*files_, users_, context_.get_executor(), log_, numbers_, adapter::options());
    std::promise<bool> done;
    const call_context context(users_.self(), std::chrono::steady_clock::now() + seconds(10));
    async::spawn(context_.get_executor(), log_, begin(*files_, context, done));
    ASSERT_TRUE(done.get_future().get());
    kernel_.emplace(*adapter_);
  }
  static async::task<void> begin(fs::file_system& files, call_context context, std::promise<bool>& done) {
    done.set_value((co_await files.start(std::move(context))).has_value());
  }

  fuse_entry_out look_up(const std::string& name, std::uint64_t parent = FUSE_ROOT_ID) {
    const auto answer = kernel_->call(FUSE_LOOKUP, parent, fake_kernel::name(name));
    EXPECT_EQ(answer.error, 0) << name;
    return answer.as<fuse_entry_out>();
  }
  std::uint64_t open(std::uint64_t node, std::uint32_t opcode = FUSE_OPEN) {
    const auto answer = kernel_->call(opcode, node, fake_kernel::bytes(fuse_open_in{}));
    EXPECT_EQ(answer.error, 0);
    return answer.as<fuse_open_out>().fh;
  }
  static std::string read_request(std::uint64_t handle, std::uint64_t offset, std::uint32_t size) {
    fuse_read_in in{};
    in.fh = handle;
    in.offset = offset;
    in.size = size;
    return fake_kernel::bytes(in);
  }
  std::int64_t number(const std::string& name, const std::string& label = {}) {
    return numbers_.get(name, label).value();
  }
  /// Waits until no request is in flight: its count falls only after the answer was sent.
  bool settled() {
    for (int i = 0; i < 1000 && number("fuse_in_flight") != 0; ++i) std::this_thread::sleep_for(milliseconds(5));
    return number("fuse_in_flight") == 0;
  }

  logger log_ = logger::to_stderr(log_level::off);
  metrics numbers_;
  clock_source clock_;
  boost::asio::io_context context_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guard_{
      boost::asio::make_work_guard(context_)};
  std::thread io_thread_{[this] { context_.run(); }};
  fs::testing::fake_hdfs hdfs_;
  fs::identities names_{std::make_shared<fs::testing::fake_name_service>(), clock_, fs::identities::options()};
  fs::identity_mapper users_{hdfs_user("daemon")};
  std::optional<fs::file_system> files_;
  std::optional<adapter> adapter_;
  std::optional<fake_kernel> kernel_;
};

TEST_F(adapter_test, agrees_on_large_requests_and_no_write_back) {
  start();
  const auto& init = kernel_->init();
  EXPECT_EQ(init.max_write, 1U << 20);
  EXPECT_EQ(init.max_background, 64U);
  EXPECT_EQ(init.congestion_threshold, 48U);
  EXPECT_TRUE(init.flags & FUSE_ASYNC_READ);
  EXPECT_TRUE(init.flags & FUSE_PARALLEL_DIROPS);
  EXPECT_TRUE(init.flags & FUSE_DO_READDIRPLUS);
  EXPECT_TRUE(init.flags & FUSE_READDIRPLUS_AUTO);
  EXPECT_TRUE(init.flags & FUSE_AUTO_INVAL_DATA);
  EXPECT_FALSE(init.flags & FUSE_WRITEBACK_CACHE);
  EXPECT_FALSE(init.flags & FUSE_POSIX_LOCKS) << "locks are the kernel's own business";
  EXPECT_FALSE(init.flags & FUSE_POSIX_ACL);
  EXPECT_EQ(adapter_->initialised().wait_for(seconds(0)), std::future_status::ready);
}

TEST_F(adapter_test, looks_up_stats_opens_reads_and_releases) {
  start();
  const auto found = look_up("hello");
  EXPECT_EQ(found.attr.size, 12U);
  EXPECT_EQ(found.attr.mode & S_IFMT, static_cast<mode_t>(S_IFREG));
  EXPECT_EQ(found.attr.uid, 1001U);
  const auto attributes = kernel_->call(FUSE_GETATTR, found.nodeid, fake_kernel::bytes(fuse_getattr_in{}));
  EXPECT_EQ(attributes.as<fuse_attr_out>().attr.ino, found.attr.ino);
  const auto handle = open(found.nodeid);
  EXPECT_EQ(kernel_->call(FUSE_READ, found.nodeid, read_request(handle, 7, 4096)).payload, "world");
  EXPECT_EQ(kernel_->call(FUSE_READ, found.nodeid, read_request(handle, 12, 4096)).payload, "");
  EXPECT_EQ(files_->count().open_files, 1U);
  fuse_release_in release{};
  release.fh = handle;
  EXPECT_EQ(kernel_->call(FUSE_RELEASE, found.nodeid, fake_kernel::bytes(release)).error, 0);
  EXPECT_EQ(files_->count().open_files, 0U);
  EXPECT_EQ(number("fuse_requests", "read"), 2);
  EXPECT_TRUE(settled());
}

TEST_F(adapter_test, forget_gives_look_ups_back) {
  start();
  const auto first = look_up("hello");
  EXPECT_EQ(look_up("hello").nodeid, first.nodeid);
  EXPECT_EQ(files_->count().lookups, 2U);
  fuse_forget_in one{};
  one.nlookup = 1;
  kernel_->send(FUSE_FORGET, first.nodeid, fake_kernel::bytes(one));
  fuse_batch_forget_in batch{};
  batch.count = 1;
  fuse_forget_one rest{};
  rest.nodeid = first.nodeid;
  rest.nlookup = 1;
  kernel_->send(FUSE_BATCH_FORGET, 0, fake_kernel::bytes(batch) + fake_kernel::bytes(rest));
  kernel_->call(FUSE_STATFS, FUSE_ROOT_ID);  // forgets have no answer; this one comes after them
  EXPECT_EQ(files_->count().lookups, 0U);
}

TEST_F(adapter_test, every_change_is_refused) {
  start();
  const auto node = look_up("hello").nodeid;
  const auto zero = std::string(128, '\0');
  const auto name = fake_kernel::name("new");
  const std::pair<std::uint32_t, std::string> requests[] = {
      {FUSE_SETATTR, zero},
      {FUSE_MKNOD, zero.substr(0, sizeof(fuse_mknod_in)) + name},
      {FUSE_MKDIR, zero.substr(0, sizeof(fuse_mkdir_in)) + name},
      {FUSE_UNLINK, name},
      {FUSE_RMDIR, name},
      {FUSE_SYMLINK, name + name},
      {FUSE_RENAME, zero.substr(0, sizeof(fuse_rename_in)) + name + name},
      {FUSE_RENAME2, zero.substr(0, sizeof(fuse_rename2_in)) + name + name},
      {FUSE_LINK, zero.substr(0, sizeof(fuse_link_in)) + name},
      {FUSE_CREATE, zero.substr(0, sizeof(fuse_create_in)) + name},
      {FUSE_WRITE, zero},
      {FUSE_FALLOCATE, zero},
      {FUSE_SETXATTR, zero.substr(0, FUSE_COMPAT_SETXATTR_IN_SIZE) + name},
      {FUSE_REMOVEXATTR, name}};
  for (const auto& [opcode, payload] : requests)
    EXPECT_EQ(kernel_->call(opcode, node, payload).error, EROFS) << "opcode " << opcode;
  EXPECT_EQ(number("fuse_errors", "EROFS"), static_cast<std::int64_t>(std::size(requests)));
  fuse_open_in writing{};
  writing.flags = O_WRONLY;
  EXPECT_EQ(kernel_->call(FUSE_OPEN, node, fake_kernel::bytes(writing)).error, EROFS);
}

TEST_F(adapter_test, extended_attributes_are_not_asked_for_again) {
  start();
  const auto request = std::string(sizeof(fuse_getxattr_in), '\0') + fake_kernel::name("security.capability");
  EXPECT_EQ(kernel_->call(FUSE_GETXATTR, FUSE_ROOT_ID, request).error, ENOSYS);
  EXPECT_EQ(kernel_->call(FUSE_LISTXATTR, FUSE_ROOT_ID, std::string(sizeof(fuse_getxattr_in), '\0')).error, ENOSYS);
}

TEST_F(adapter_test, a_missing_name_and_a_failing_server_are_told_apart) {
  start();
  EXPECT_EQ(kernel_->call(FUSE_LOOKUP, FUSE_ROOT_ID, fake_kernel::name("nothing")).error, ENOENT);
  hdfs_.fail("get_status", error(errc::connection_lost));
  EXPECT_EQ(kernel_->call(FUSE_LOOKUP, FUSE_ROOT_ID, fake_kernel::name("hello")).error, EIO);
  EXPECT_EQ(number("fuse_errors", "ENOENT"), 1);
  EXPECT_EQ(number("fuse_errors", "EIO"), 1);
}

/// All names of a directory, read with a buffer of `size` bytes.
struct listing {
  std::multiset<std::string> names;
  std::size_t with_attributes = 0;
};

TEST_F(adapter_test, plain_listings_in_small_buffers_are_complete_and_count_no_look_ups) {
  start();
  const auto node = look_up("dir").nodeid;
  const auto handle = open(node, FUSE_OPENDIR);
  listing all;
  for (std::uint64_t offset = 0;;) {
    const auto page = kernel_->call(FUSE_READDIR, node, read_request(handle, offset, 512));
    if (page.payload.empty()) break;
    for (std::size_t at = 0; at < page.payload.size();) {
      const auto entry = page.as<fuse_dirent>(at);
      all.names.insert(page.payload.substr(at + FUSE_NAME_OFFSET, entry.namelen));
      offset = entry.off;
      at += FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + entry.namelen);
    }
  }
  EXPECT_EQ(all.names.size(), 302U) << "300 files, . and ..";
  EXPECT_EQ(all.names.count("file-299"), 1U);
  EXPECT_EQ(files_->count().lookups, 1U);
}

TEST_F(adapter_test, listings_with_attributes_count_a_look_up_for_each_entry_that_was_sent) {
  start();
  const auto node = look_up("dir").nodeid;
  const auto handle = open(node, FUSE_OPENDIR);
  listing all;
  for (std::uint64_t offset = 0;;) {
    const auto page = kernel_->call(FUSE_READDIRPLUS, node, read_request(handle, offset, 1024));
    ASSERT_EQ(page.error, 0);
    if (page.payload.empty()) break;
    for (std::size_t at = 0; at < page.payload.size();) {
      const auto entry = page.as<fuse_direntplus>(at);
      all.names.insert(page.payload.substr(at + FUSE_NAME_OFFSET_DIRENTPLUS, entry.dirent.namelen));
      if (entry.entry_out.nodeid != 0) {
        EXPECT_EQ(entry.entry_out.attr.size, 1U);
        ++all.with_attributes;
      }
      offset = entry.dirent.off;
      at += FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET_DIRENTPLUS + entry.dirent.namelen);
    }
  }
  EXPECT_EQ(all.names.size(), 302U);
  EXPECT_EQ(all.with_attributes, 300U);
  EXPECT_EQ(files_->count().lookups, 301U);
}

TEST_F(adapter_test, waiting_requests_hold_no_reader_thread) {
  start();
  hdfs_.hold();
  std::set<std::uint64_t> waiting;
  for (int i = 0; i < 200; ++i) waiting.insert(kernel_->send(FUSE_LOOKUP, FUSE_ROOT_ID, fake_kernel::name("hello")));
  EXPECT_FALSE(kernel_->next(milliseconds(100)));
  // The one reader is free: what needs no server is answered while 200 requests wait for one.
  EXPECT_EQ(kernel_->call(FUSE_FLUSH, FUSE_ROOT_ID, fake_kernel::bytes(fuse_flush_in{})).error, 0);
  EXPECT_EQ(number("fuse_in_flight"), 200);
  hdfs_.release();
  for (int i = 0; i < 200; ++i) {
    const auto answer = kernel_->next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error, 0);
    EXPECT_EQ(waiting.erase(answer->unique), 1U) << "answered twice or never asked";
  }
  EXPECT_TRUE(settled());
}

TEST_F(adapter_test, an_interrupt_ends_a_waiting_request) {
  start();
  hdfs_.hold();
  const auto unique = kernel_->send(FUSE_LOOKUP, FUSE_ROOT_ID, fake_kernel::name("hello"));
  EXPECT_FALSE(kernel_->next(milliseconds(50)));
  kernel_->interrupt(unique);
  const auto answer = kernel_->next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->unique, unique);
  EXPECT_EQ(answer->error, EINTR);
}

/// A thread for which signals can be made pending.
class blocked_thread {
 public:
  blocked_thread() {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread([this] {
      id_.set_value(::gettid());
      end_.get_future().wait();
    });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    id = id_.get_future().get();
  }
  ~blocked_thread() {
    end_.set_value();
    thread_.join();
  }
  void send(int signal) { ::pthread_kill(thread_.native_handle(), signal); }

  pid_t id = 0;

 private:
  std::promise<pid_t> id_;
  std::promise<void> end_;
  std::thread thread_;
};

TEST_F(adapter_test, a_signal_that_stops_nothing_does_not_end_a_request) {
  start();
  hdfs_.hold();
  blocked_thread program;
  program.send(SIGCHLD);
  kernel_->thread = program.id;
  const auto unique = kernel_->send(FUSE_LOOKUP, FUSE_ROOT_ID, fake_kernel::name("hello"));
  EXPECT_FALSE(kernel_->next(milliseconds(50)));
  kernel_->interrupt(unique);
  EXPECT_FALSE(kernel_->next(milliseconds(300)));
  hdfs_.release();
  const auto answer = kernel_->next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->unique, unique);
  EXPECT_EQ(answer->error, 0);
}

TEST_F(adapter_test, a_later_signal_to_stop_is_seen) {
  start();
  hdfs_.hold();
  blocked_thread program;
  program.send(SIGWINCH);
  kernel_->thread = program.id;
  const auto unique = kernel_->send(FUSE_LOOKUP, FUSE_ROOT_ID, fake_kernel::name("hello"));
  EXPECT_FALSE(kernel_->next(milliseconds(50)));
  kernel_->interrupt(unique);
  EXPECT_FALSE(kernel_->next(milliseconds(150)));
  program.send(SIGINT);  // the kernel interrupts a request only once
  const auto answer = kernel_->next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->unique, unique);
  EXPECT_EQ(answer->error, EINTR);
}

TEST_F(adapter_test, an_interrupt_that_overtakes_or_trails_its_request_does_no_harm) {
  start();
  for (int round = 0; round < 200; ++round) {
    hdfs_.hold();
    const auto unique = kernel_->send(FUSE_LOOKUP, FUSE_ROOT_ID, fake_kernel::name("hello"));
    kernel_->interrupt(unique);  // no pause: anywhere between arrival and the first wait
    hdfs_.release();
    kernel_->interrupt(unique);  // likely after the reply
    const auto answer = kernel_->next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->unique, unique);
    EXPECT_TRUE(answer->error == 0 || answer->error == EINTR) << answer->error;
  }
  // libfuse remembers interrupts of requests it does not know; none of ours is answered by mistake.
  EXPECT_EQ(kernel_->call(FUSE_GETATTR, FUSE_ROOT_ID, fake_kernel::bytes(fuse_getattr_in{})).error, 0);
  EXPECT_TRUE(settled());
}

TEST_F(adapter_test, what_the_kernel_did_not_take_is_given_back) {
  start();
  const auto file = look_up("hello").nodeid;
  const auto directory = look_up("dir").nodeid;
  const auto handle = open(directory, FUSE_OPENDIR);
  hdfs_.hold();
  kernel_->send(FUSE_LOOKUP, FUSE_ROOT_ID, fake_kernel::name("hello"));
  kernel_->send(FUSE_OPEN, file, fake_kernel::bytes(fuse_open_in{}));
  kernel_->send(FUSE_OPENDIR, directory, fake_kernel::bytes(fuse_open_in{}));
  kernel_->send(FUSE_READDIRPLUS, directory, read_request(handle, 0, 4096));
  while (number("fuse_requests", "readdir") == 0) std::this_thread::sleep_for(milliseconds(1));
  kernel_->hang_up();
  hdfs_.release();
  ASSERT_TRUE(settled());
  for (int i = 0; i < 1000 && files_->count().open_directories > 1; ++i) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(files_->count().lookups, 2U);
  EXPECT_EQ(files_->count().open_files, 0U);
  EXPECT_EQ(files_->count().open_directories, 1U);
}

TEST_F(adapter_test, shutdown_answers_everything_that_waits) {
  start();
  hdfs_.hold();
  for (int i = 0; i < 20; ++i) kernel_->send(FUSE_LOOKUP, FUSE_ROOT_ID, fake_kernel::name("hello"));
  while (number("fuse_in_flight") != 20) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_TRUE(adapter_->cancel_requests(seconds(10)));
  for (int i = 0; i < 20; ++i) {
    const auto answer = kernel_->next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error, EINTR);
  }
}

}  // namespace
}  // namespace hdfsmount::fuse
