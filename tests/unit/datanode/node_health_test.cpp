#include "datanode/node_health.hpp"

#include <gtest/gtest.h>

namespace hdfsmount::datanode {
namespace {

class set_clock final : public clock_source {
 public:
  steady_time now() const noexcept override { return now_; }
  void advance(milliseconds by) { now_ += by; }

 private:
  steady_time now_ = std::chrono::steady_clock::now();
};

class NodeHealth : public ::testing::Test {
 protected:
  set_clock clock_;
  node_health nodes_{clock_, milliseconds(1000), milliseconds(3000), milliseconds(500)};
};

TEST_F(NodeHealth, AvoidsAFailedNodeForItsPenalty) {
  EXPECT_TRUE(nodes_.admit("a"));
  nodes_.failed("a");
  EXPECT_FALSE(nodes_.admit("a"));
  EXPECT_TRUE(nodes_.admit("b"));
  EXPECT_EQ(nodes_.avoided(), 1U);
  nodes_.succeeded("a");
  EXPECT_TRUE(nodes_.admit("a"));
  EXPECT_TRUE(nodes_.admit("a"));
}

TEST_F(NodeHealth, OneProbesWhileTheOthersStillAvoidIt) {
  nodes_.failed("a");
  clock_.advance(milliseconds(1000));
  EXPECT_TRUE(nodes_.admit("a"));
  EXPECT_FALSE(nodes_.admit("a"));
  EXPECT_FALSE(nodes_.admit("a"));
}

TEST_F(NodeHealth, AFailedProbeDoublesThePenaltyUpToItsLimit) {
  nodes_.failed("a");
  for (const int penalty : {1000, 2000, 3000, 3000}) {
    clock_.advance(milliseconds(penalty - 1));
    EXPECT_FALSE(nodes_.admit("a")) << penalty;
    clock_.advance(milliseconds(1));
    EXPECT_TRUE(nodes_.admit("a")) << penalty;
    nodes_.failed("a");
    nodes_.failed("a");  // of somebody who had begun before
  }
}

TEST_F(NodeHealth, AProbeThatSaysNothingIsRepeated) {
  nodes_.failed("a");
  clock_.advance(milliseconds(1000));
  EXPECT_TRUE(nodes_.admit("a"));
  clock_.advance(milliseconds(500));
  EXPECT_TRUE(nodes_.admit("a"));
}

}  // namespace
}  // namespace hdfsmount::datanode
