#include "async/single_flight.hpp"

#include <gtest/gtest.h>

#include "fs/task_runner.hpp"

namespace hdfsmount {
namespace {

using namespace fs::testing;

class single_flight : public ::testing::Test {
 protected:
  using gate = async::one_shot<int>;

  /// Waits for the gate as the leader of key "k" would for the network.
  task_runner::started<result<int>> ask(milliseconds patience = seconds(10)) {
    const auto deadline = in(patience);
    auto question = [this, deadline] {
      ++asked;
      return answer->wait(deadline);
    };
    return runner.start(flights.run("k", deadline, std::move(question)));
  }

  void TearDown() override { runner.finish(); }

  task_runner runner;
  fake_clock clock;
  metrics numbers;
  counter& joined = numbers.get("joined");
  std::atomic<int> asked{0};
  std::shared_ptr<gate> answer = std::make_shared<gate>();
  async::single_flight<std::string, int> flights{clock, seconds(1), joined};
};

TEST_F(single_flight, answers_everybody_at_once) {
  std::vector<task_runner::started<result<int>>> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(ask());
  ASSERT_TRUE(eventually([&] { return joined.value() == 19; }));
  answer->set(5);
  for (auto& one : waiting) EXPECT_EQ(*one.get(), 5);
  EXPECT_EQ(asked, 1);
}

TEST_F(single_flight, errors_are_shared_too) {
  auto first = ask();
  ASSERT_TRUE(eventually([&] { return asked == 1; }));
  auto second = ask();
  ASSERT_TRUE(eventually([&] { return joined.value() == 1; }));
  answer->set(error(namenode_errc::not_found));
  EXPECT_TRUE(first.get().error() == namenode_errc::not_found);
  EXPECT_TRUE(second.get().error() == namenode_errc::not_found);
  EXPECT_EQ(asked, 1);
}

TEST_F(single_flight, a_cancelled_leader_does_not_fail_the_others) {
  auto leader = ask();
  ASSERT_TRUE(eventually([&] { return asked == 1; }));
  auto second = ask();
  auto third = ask();
  ASSERT_TRUE(eventually([&] { return joined.value() == 2; }));
  leader.task.cancel();
  EXPECT_TRUE(leader.get().error() == errc::cancelled);
  ASSERT_TRUE(eventually([&] { return asked == 2; })) << "nobody took over";
  answer->set(6);
  EXPECT_EQ(*second.get(), 6);
  EXPECT_EQ(*third.get(), 6);
  EXPECT_EQ(asked, 2);
}

TEST_F(single_flight, a_leader_out_of_time_does_not_fail_the_others) {
  auto leader = ask(milliseconds(200));
  ASSERT_TRUE(eventually([&] { return asked == 1; }));
  auto second = ask();
  ASSERT_TRUE(eventually([&] { return joined.value() == 1; }));
  EXPECT_TRUE(leader.get().error() == errc::timed_out);
  ASSERT_TRUE(eventually([&] { return asked == 2; }));
  answer->set(7);
  EXPECT_EQ(*second.get(), 7);
}

TEST_F(single_flight, a_follower_has_its_own_deadline_and_cancellation) {
  auto leader = ask();
  ASSERT_TRUE(eventually([&] { return asked == 1; }));
  auto hurried = ask(milliseconds(50));
  auto interrupted = ask();
  ASSERT_TRUE(eventually([&] { return joined.value() == 2; }));
  EXPECT_TRUE(hurried.get().error() == errc::timed_out);
  interrupted.task.cancel();
  EXPECT_TRUE(interrupted.get().error() == errc::cancelled);
  EXPECT_FALSE(leader.done());
  answer->set(8);
  EXPECT_EQ(*leader.get(), 8);
  EXPECT_EQ(asked, 1);
}

TEST_F(single_flight, an_old_question_is_not_joined) {
  auto first = ask();
  ASSERT_TRUE(eventually([&] { return asked == 1; }));
  clock.advance(seconds(1));
  auto second = ask();
  ASSERT_TRUE(eventually([&] { return asked == 2; }));
  answer->set(9);
  EXPECT_EQ(*first.get(), 9);
  EXPECT_EQ(*second.get(), 9);
  EXPECT_EQ(joined.value(), 0);
}

TEST_F(single_flight, is_forgotten_when_it_has_landed) {
  answer->set(1);
  EXPECT_EQ(*ask().get(), 1);
  EXPECT_EQ(*ask().get(), 1);
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace hdfsmount
