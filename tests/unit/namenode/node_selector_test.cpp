#include "namenode/node_selector.hpp"

#include <memory>
#include <thread>

#include "async/sleep.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount::namenode {
namespace {

using namespace std::chrono_literals;
using testing::in;

class node_selector_test : public ::testing::Test {
 protected:
  static options settings() {
    options out("ns1", {net::host_port("nn1", 8020)});
    out.backoff_base = 20ms;
    out.backoff_max = 200ms;
    out.silence = 50ms;
    return out;
  }

  /// A call that waits for its turn, and then for the NameNode.
  async::task<void> take_turn(pid_t who, steady_time deadline) {
    node_selector::presence present(selector_, who);
    const auto turn = co_await selector_.wait_for_turn(present, deadline);
    if (turn) {
      selector_.ask(present);
      turns_.push_back(std::chrono::steady_clock::now());
    } else {
      failures_.push_back(turn.error());
    }
    while (turn && hangs_ && co_await async::sleep_until(in(2ms))) continue;
  }
  void start(int count, milliseconds patience = 10s) {
    for (int i = 0; i < count; ++i) tasks_.start(take_turn(++last_process_, in(patience)));
  }
  /// A call that a NameNode has been sent.
  std::unique_ptr<node_selector::presence> asked() {
    auto out = std::make_unique<node_selector::presence>(selector_, ++last_process_);
    selector_.ask(*out);
    return out;
  }
  /// A call under way that was not served for so long; at the end of that time `processes` call as well.
  std::unique_ptr<node_selector::presence> outage(milliseconds how_long, int processes) {
    auto call = asked();
    std::this_thread::sleep_for(how_long);
    start(processes);
    tasks_.context().poll();
    return call;
  }

  testing::task_runner tasks_;
  options settings_ = settings();
  node_selector selector_{settings_, tasks_.log()};
  pid_t last_process_ = 100;
  bool hangs_ = true;
  std::vector<steady_time> turns_;
  std::vector<error> failures_;
};

TEST_F(node_selector_test, all_may_ask_while_all_is_well) {
  const auto call = asked();
  start(10);
  tasks_.context().poll();
  EXPECT_EQ(turns_.size(), 10U);
  hangs_ = false;
  EXPECT_TRUE(tasks_.drain());
}

TEST_F(node_selector_test, while_none_is_served_one_more_is_sent) {
  settings_.hesitation = 40ms;
  settings_.silence = 10s;
  const auto call = asked();
  std::this_thread::sleep_for(50ms);
  start(20);
  EXPECT_FALSE(tasks_.drain(100ms));
  EXPECT_EQ(turns_.size(), 1U);
  hangs_ = false;
  selector_.served(0);
  tasks_.drain(500ms);
  EXPECT_EQ(turns_.size(), 20U) << "nobody has waited so long that they should come back one by one";
  EXPECT_TRUE(tasks_.drain());
}

TEST_F(node_selector_test, a_silent_one_finds_calls_to_answer_when_it_goes_on) {
  settings_.hesitation = 20ms;
  settings_.backoff_max = 10s;
  const auto call = asked();
  std::this_thread::sleep_for(25ms);
  start(10);
  EXPECT_FALSE(tasks_.drain(150ms)) << "silent after 50 ms, probed again after a pause of 320 ms and more";
  EXPECT_EQ(turns_.size(), 1U);
  EXPECT_FALSE(tasks_.drain(450ms));
  EXPECT_EQ(turns_.size(), 2U);
  hangs_ = false;
  selector_.served(0);
  EXPECT_TRUE(tasks_.drain());
  EXPECT_EQ(turns_.size(), 10U);
}

TEST_F(node_selector_test, calls_that_wait_for_another_try_are_not_in_flight) {
  settings_.hesitation = 200ms;
  settings_.silence = 250ms;
  const auto call = asked();
  selector_.answered(*call);
  std::this_thread::sleep_for(300ms);
  start(10);
  tasks_.context().poll();
  EXPECT_EQ(turns_.size(), 10U);
  hangs_ = false;
  EXPECT_TRUE(tasks_.drain());
}

TEST_F(node_selector_test, the_one_more_that_is_sent_may_be_sent_a_little_later) {
  settings_.hesitation = 10ms;
  settings_.silence = 60ms;
  const auto call = asked();
  std::this_thread::sleep_for(15ms);
  node_selector::presence one_more(selector_, 1);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(tasks_.run(selector_.wait_for_turn(one_more, in(5ms))));
  node_selector::presence another(selector_, 2);
  EXPECT_FALSE(tasks_.run(selector_.wait_for_turn(another, in(5ms))));
  std::this_thread::sleep_for(70ms);
  EXPECT_TRUE(tasks_.run(selector_.wait_for_turn(one_more, in(5ms)))) << "silent, and it has not been sent";
  EXPECT_FALSE(tasks_.run(selector_.wait_for_turn(another, in(5ms))));
}

TEST_F(node_selector_test, who_may_ask_may_do_so_a_little_later) {
  const auto call = asked();
  selector_.round_failed(errc::connect_failed);
  std::this_thread::sleep_for(50ms);
  node_selector::presence present(selector_, 1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(tasks_.run(selector_.wait_for_turn(present, in(1s))));
  selector_.ask(present);
  const auto again = tasks_.run(selector_.wait_for_turn(present, in(5ms)));
  EXPECT_TRUE(!again && again.error() == make_error_code(errc::timed_out)) << "it has had its turn";
  start(1);
  tasks_.context().poll();
  EXPECT_TRUE(turns_.empty());
  hangs_ = false;
  selector_.served(0);
  EXPECT_TRUE(tasks_.drain());
}

TEST_F(node_selector_test, after_a_failed_round_one_call_finds_out_for_all) {
  const auto call = asked();
  selector_.round_failed(errc::connect_failed);
  start(10);
  EXPECT_FALSE(tasks_.drain(35ms));
  EXPECT_EQ(turns_.size(), 1U);
  EXPECT_FALSE(tasks_.drain(100ms)) << "the next pauses are longer";
  EXPECT_LE(turns_.size(), 3U);
  hangs_ = false;
  selector_.served(0);
  EXPECT_TRUE(tasks_.drain());
  EXPECT_EQ(turns_.size(), 10U);
}

TEST_F(node_selector_test, when_that_call_is_given_up_the_next_one_does_so) {
  const auto call = asked();
  for (int round = 0; round < 5; ++round) {
    selector_.round_failed(errc::connect_failed);
    std::this_thread::sleep_for(300ms);
  }
  start(1);
  tasks_.context().poll();
  ASSERT_EQ(turns_.size(), 1U);
  start(2);
  tasks_.context().poll();
  EXPECT_EQ(turns_.size(), 1U);
  hangs_ = false;
  tasks_.drain(50ms);
  EXPECT_EQ(turns_.size(), 3U) << "long before the pause of 200 ms is over";
  EXPECT_TRUE(tasks_.drain());
}

TEST_F(node_selector_test, who_waited_long_comes_back_at_random_moments) {
  auto call = outage(400ms, 40);
  EXPECT_EQ(turns_.size(), 1U) << "one finds out whether it is only the first call that takes long";
  const auto returned = std::chrono::steady_clock::now();
  hangs_ = false;
  selector_.served(0);
  call.reset();
  tasks_.drain(10ms);
  EXPECT_LT(turns_.size(), 20U);
  EXPECT_TRUE(tasks_.drain());
  ASSERT_EQ(turns_.size(), 40U);
  EXPECT_GT(turns_.back() - returned, 100ms) << "half of an outage of 400 ms, at random";
  EXPECT_LT(turns_.back() - returned, 1s);
}

TEST_F(node_selector_test, who_comes_just_after_the_outage_may_have_waited_for_the_same_answer) {
  settings_.silence = 400ms;
  auto call = outage(1000ms, 1);
  hangs_ = false;
  selector_.served(0);
  call.reset();
  const auto so_far = turns_.size();
  start(40);
  tasks_.drain(20ms);
  EXPECT_LT(turns_.size(), so_far + 20);
  EXPECT_TRUE(tasks_.drain());
  EXPECT_EQ(turns_.size(), 41U);
}

TEST_F(node_selector_test, who_comes_after_the_outage_does_not_wait) {
  auto call = outage(1000ms, 10);
  hangs_ = false;
  selector_.served(0);
  call.reset();
  tasks_.drain(60ms);
  const auto so_far = turns_.size();
  start(5);
  tasks_.context().poll();
  EXPECT_GE(turns_.size(), so_far + 5);
  EXPECT_TRUE(tasks_.drain());
}

TEST_F(node_selector_test, nobody_is_late_for_its_deadline_because_of_a_return) {
  auto call = outage(500ms, 1);
  start(30, 100ms);
  tasks_.context().poll();
  hangs_ = false;
  selector_.served(0);
  call.reset();
  EXPECT_TRUE(tasks_.drain());
  EXPECT_TRUE(failures_.empty());
  EXPECT_EQ(turns_.size(), 31U);
}

TEST_F(node_selector_test, a_call_held_back_until_its_deadline_learns_why) {
  auto call = outage(60ms, 1);
  start(1, 30ms);
  EXPECT_FALSE(tasks_.drain(60ms));
  ASSERT_EQ(failures_.size(), 1U);
  EXPECT_TRUE(failures_.front() == make_error_code(errc::timed_out));
  EXPECT_EQ(selector_.last_failure().to_string(), "timed out: NameNode nn1:8020 does not answer");
  hangs_ = false;
  EXPECT_TRUE(tasks_.drain());
}

}  // namespace
}  // namespace hdfsmount::namenode
