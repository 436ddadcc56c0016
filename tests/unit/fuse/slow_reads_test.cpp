#include "fuse/slow_reads.hpp"

#include <atomic>
#include <set>

#include "async/sleep.hpp"
#include "unit/support/task_runner.hpp"

namespace hdfsmount::fuse {
namespace {

class slow_reads_test : public ::testing::Test {
 protected:
  ~slow_reads_test() override { EXPECT_TRUE(tasks_.drain()) << "something still waits"; }

  static slow_reads::options settings() {
    slow_reads::options out;
    out.slow = milliseconds(20);
    out.period = milliseconds(20);
    out.step = milliseconds(5);
    return out;
  }

  async::task<void> wait_long(request_id id, milliseconds how_long) {
    const auto slept = co_await async::sleep_until(testing::in(how_long));
    if (!slept) cancelled_.insert(id.value());
    running_.close(id);
  }

  /// A read of `thread` that takes so long unless it is cancelled.
  void read(std::uint64_t number, pid_t thread, milliseconds how_long) {
    const request_id id(number);
    running_.open(id);
    running_.attach(id, tasks_.start(wait_long(id, how_long)));
    watch_.add(id, thread);
  }

  testing::task_runner tasks_;
  running_requests running_;
  std::set<pid_t> stopping_;
  std::set<pid_t> asked_;
  std::set<std::uint64_t> cancelled_;
  slow_reads watch_{running_, [this](pid_t thread) { return asked_.insert(thread), stopping_.contains(thread); },
                    tasks_.executor(), tasks_.log(), settings()};
};

TEST_F(slow_reads_test, ends_those_whose_thread_wants_to_stop) {
  stopping_ = {11, 12};
  read(1, 11, seconds(10));
  read(2, 12, seconds(10));
  read(3, 13, milliseconds(60));
  EXPECT_TRUE(tasks_.drain(seconds(5)));
  EXPECT_EQ(cancelled_, (std::set<std::uint64_t>{1, 2}));
}

TEST_F(slow_reads_test, leaves_quick_ones_alone) {
  stopping_ = {11};
  running_.open(request_id(1));
  watch_.add(request_id(1), 11);
  running_.close(request_id(1));
  EXPECT_TRUE(tasks_.drain(seconds(5)));
  EXPECT_TRUE(asked_.empty());
}

TEST_F(slow_reads_test, notices_a_signal_that_comes_later_and_begins_anew) {
  read(1, 11, seconds(10));
  EXPECT_FALSE(tasks_.drain(milliseconds(60)));
  stopping_ = {11};
  EXPECT_TRUE(tasks_.drain(seconds(5)));
  EXPECT_EQ(cancelled_, std::set<std::uint64_t>{1});
  read(2, 11, seconds(10));
  EXPECT_TRUE(tasks_.drain(seconds(5)));
  EXPECT_EQ(cancelled_, (std::set<std::uint64_t>{1, 2}));
}

TEST_F(slow_reads_test, ends_at_once_when_told_to) {
  read(1, 11, milliseconds(1));
  watch_.stop();
  EXPECT_TRUE(tasks_.drain(seconds(5)));
  stopping_ = {11};
  read(2, 11, milliseconds(50));
  EXPECT_TRUE(tasks_.drain(seconds(5)));
  EXPECT_TRUE(cancelled_.empty());
}

TEST_F(slow_reads_test, does_not_look_for_threads_it_cannot_see) {
  stopping_ = {0};
  read(1, 0, milliseconds(60));
  EXPECT_TRUE(tasks_.drain(seconds(5)));
  EXPECT_TRUE(cancelled_.empty());
}

}  // namespace
}  // namespace hdfsmount::fuse
