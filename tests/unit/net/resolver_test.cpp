#include "net/resolver.hpp"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>

#include "async/sleep.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount {
namespace {

using namespace std::chrono_literals;
using testing::in;
using testing::task_runner;

boost::asio::ip::address address(const char* text) {
  return boost::asio::ip::make_address(text);
}

class stopped_clock final : public clock_source {
 public:
  steady_time now() const noexcept override { return now_; }
  void advance(milliseconds by) { now_ = now_.load() + by; }

 private:
  std::atomic<steady_time> now_{steady_time(1h)};
};

/// A name service with one address, which hangs for the names it is told to.
class name_service {
 public:
  result<net::address_list> ask(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++asked_[host];
    changed_.wait(lock, [&] { return !hanging_[host]; });
    if (!answer_) return error(errc::unknown_host, host);
    return net::address_list{*answer_};
  }

  void hang(const std::string& host) {
    const std::lock_guard lock(mutex_);
    hanging_[host] = true;
  }
  void release(const std::string& host) {
    const std::lock_guard lock(mutex_);
    hanging_[host] = false;
    changed_.notify_all();
  }
  void answer_with(std::optional<boost::asio::ip::address> answer) {
    const std::lock_guard lock(mutex_);
    answer_ = answer;
  }
  int asked(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return asked_[host];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, bool> hanging_;
  std::map<std::string, int> asked_;
  std::optional<boost::asio::ip::address> answer_ = address("127.0.0.1");
};

class resolving : public ::testing::Test {
 protected:
  result<net::address_list> get(const std::string& host, milliseconds patience = 10s) {
    return tasks_.run(names_->addresses(host, in(patience)));
  }

  /// Keeps one of the resolver's threads busy with `host`, which somebody waits for.
  void let_hang(const std::string& host) {
    service_->hang(host);
    tasks_.start(ask_and_count(*names_, host, answers_));
    const auto limit = in(20s);
    while (service_->asked(host) == 0 && std::chrono::steady_clock::now() < limit) tasks_.drain(1ms);
    ASSERT_EQ(service_->asked(host), 1);
  }

  static async::task<void> ask_and_count(net::resolver& names, std::string host, int& answers) {
    const auto answer = co_await names.addresses(std::move(host), in(60s));
    if (answer) ++answers;
  }

  int answers_ = 0;
  task_runner tasks_;
  stopped_clock clock_;
  std::shared_ptr<name_service> service_ = std::make_shared<name_service>();
  std::unique_ptr<net::resolver> names_ = std::make_unique<net::resolver>(
      clock_, [service = service_](const std::string& host) { return service->ask(host); });
};

TEST_F(resolving, answers_are_kept_for_half_a_minute) {
  EXPECT_EQ(get("nn").value(), net::address_list{address("127.0.0.1")});
  service_->answer_with(address("127.0.0.9"));
  clock_.advance(29s);
  EXPECT_EQ(get("nn").value(), net::address_list{address("127.0.0.1")});
  clock_.advance(2s);
  EXPECT_EQ(get("nn").value(), net::address_list{address("127.0.0.9")});
  EXPECT_EQ(service_->asked("nn"), 2);
}

TEST_F(resolving, a_literal_asks_nobody) {
  EXPECT_EQ(get("::1").value(), net::address_list{address("::1")});
  EXPECT_EQ(service_->asked("::1"), 0);
}

TEST_F(resolving, a_failure_is_not_kept) {
  service_->answer_with(std::nullopt);
  EXPECT_EQ(get("nn").error().code(), make_error_code(errc::unknown_host));
  service_->answer_with(address("127.0.0.1"));
  EXPECT_TRUE(get("nn"));
}

TEST_F(resolving, an_old_answer_stands_in_for_a_failure) {
  ASSERT_TRUE(get("nn"));
  clock_.advance(1h);
  service_->answer_with(std::nullopt);
  EXPECT_TRUE(get("nn"));
  EXPECT_TRUE(get("nn"));
  EXPECT_EQ(service_->asked("nn"), 2) << "a failure is not repeated at once";
  service_->answer_with(address("127.0.0.9"));
  clock_.advance(6s);
  EXPECT_EQ(get("nn").value(), net::address_list{address("127.0.0.9")});
}

TEST_F(resolving, equal_questions_are_joined) {
  let_hang("slow");
  for (int i = 1; i < 100; ++i) tasks_.start(ask_and_count(*names_, "slow", answers_));
  tasks_.drain(1ms);
  service_->release("slow");
  EXPECT_TRUE(tasks_.drain(20s));
  EXPECT_EQ(answers_, 100);
  EXPECT_EQ(service_->asked("slow"), 1);
}

TEST_F(resolving, a_name_that_hangs_delays_no_other) {
  let_hang("slow");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get("slow", 10ms).error().code(), make_error_code(errc::timed_out));
  EXPECT_TRUE(get("nn"));
  EXPECT_EQ(service_->asked("slow"), 1);
}

TEST_F(resolving, what_is_known_does_not_wait_when_both_threads_hang) {
  ASSERT_TRUE(get("nn"));
  clock_.advance(1h);
  let_hang("slow");
  let_hang("slower");
  EXPECT_TRUE(get("nn")) << "the old answer stands in";
}

TEST_F(resolving, a_question_that_nobody_waits_for_is_not_asked) {
  let_hang("slow");
  let_hang("slower");
  EXPECT_EQ(get("given-up", 10ms).error().code(), make_error_code(errc::timed_out));
  service_->release("slow");
  EXPECT_TRUE(get("nn"));
  EXPECT_EQ(service_->asked("given-up"), 0);
  EXPECT_TRUE(get("given-up")) << "who asks again is answered";
}

TEST_F(resolving, ends_although_a_question_hangs) {
  let_hang("slow");
  names_.reset();
  EXPECT_EQ(service_->asked("slow"), 1);
  service_->release("slow");
}

TEST(system_resolver, tells_an_unknown_name) {
  EXPECT_FALSE(net::ask_system_resolver("localhost").value().empty());
  EXPECT_EQ(net::ask_system_resolver("no-such-host.invalid").error().code(), make_error_code(errc::unknown_host));
}

}  // namespace
}  // namespace hdfsmount
