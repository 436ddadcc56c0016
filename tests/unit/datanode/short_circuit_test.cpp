#include <gtest/gtest.h>

#include "async/sleep.hpp"
#include "datanode/local_replicas.hpp"
#include "support/datanode_script.hpp"
#include "support/fake_local_datanode.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount::datanode {
namespace {

using behaviour = testing::fake_local_datanode::behaviour;
using testing::local_files;
using testing::task_runner;

constexpr std::size_t block_size = 5000;

struct manual_clock final : clock_source {
  steady_time now() const noexcept override { return std::chrono::steady_clock::now() + ahead; }
  milliseconds ahead{0};
};

class ShortCircuit : public ::testing::Test {
 protected:
  ShortCircuit() {
    settings_.client_name = "tests";
    settings_.sockets.silence = milliseconds(100);
    for (std::uint64_t id = 1; id <= 10; ++id)
      node_.replicas[id] = std::make_shared<local_files>(testing::pattern(block_size, static_cast<unsigned>(id)),
                                                         wire::checksum_kind::crc32c, 512);
  }
  ~ShortCircuit() override {
    if (!tier_) return;
    tier_->stop();
    EXPECT_TRUE(runner_.drain()) << "a task goes on";
  }

  local_replicas& tier() {
    if (!tier_) {
      auto passed =
          std::make_unique<short_circuit>(runner_.executor(), node_, settings_, disk_, clock_, runner_.log(), numbers_);
      tier_ = std::make_unique<local_replicas>(runner_.executor(), cache_, nullptr, std::move(passed), disk_, clock_,
                                               runner_.log(), numbers_);
    }
    return *tier_;
  }
  static wire::extended_block block(std::uint64_t id, std::uint64_t stamp = 1) {
    return {"BP-1", block_id(id), generation_stamp(stamp), block_size};
  }
  static wire::located_block located(std::uint64_t id) { return {block(id), 0, {}}; }
  static wire::replica_location here(std::uint16_t port = 9866) {
    return wire::replica_location(wire::datanode_info("127.0.0.1", "here", "uuid", port, 9867));
  }
  local_replicas::replica_ptr open(std::uint64_t id) {
    return runner_.run(tier().open(located(id), here(), testing::in(seconds(5))));
  }
  local_replicas::replica_ptr find(const wire::extended_block& what, std::uint16_t port = 9866) {
    return tier().find({what, 0, {}}, here(port));
  }
  std::int64_t count(const char* what) { return numbers_.get("short_circuit", what).value(); }
  void pass(milliseconds time) {
    const auto slept = runner_.run(async::sleep_until(testing::in(time)));
    EXPECT_TRUE(slept);
  }
  static void expect_bytes(const local_replica& replica, std::uint64_t id) {
    std::string out(block_size, '\0');
    const auto done = replica.read(0, std::as_writable_bytes(std::span(out)), local_replica::patience::disk,
                                   local_replica::checking::checksums);
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_EQ(out, testing::pattern(block_size, static_cast<unsigned>(id)));
  }

  task_runner runner_;
  metrics numbers_;
  manual_clock clock_;
  async::worker_pool disk_{1};
  testing::fake_local_datanode node_;
  short_circuit::options settings_;
  local_replicas::options cache_;
  std::unique_ptr<local_replicas> tier_;
};

TEST_F(ShortCircuit, AsksOnceForEachBlock) {
  const auto first = open(1);
  ASSERT_TRUE(first);
  expect_bytes(*first, 1);
  EXPECT_EQ(open(1), first);
  EXPECT_EQ(find(block(1)), first);
  ASSERT_TRUE(open(2));
  EXPECT_EQ(node_.files_passed, 2);
  EXPECT_EQ(node_.receipts, 2);
  EXPECT_EQ(node_.connects, 2) << "one for the segment, one that is used again";
  EXPECT_EQ(tier().segments(), 1U);
}

TEST_F(ShortCircuit, AnotherVersionOrPoolOrPortIsAnotherReplica) {
  ASSERT_TRUE(open(1));
  EXPECT_FALSE(find(block(1, 2)));
  EXPECT_FALSE(find(block(1), 9867));
  EXPECT_FALSE(find({"BP-2", block_id(1), generation_stamp(1), block_size}));
  EXPECT_FALSE(find({"BP-1", block_id(1), generation_stamp(1), block_size - 1}));
}

TEST_F(ShortCircuit, ThoseWhoWaitShareOneRequest) {
  std::vector<local_replicas::replica_ptr> got;
  const auto ask = [&]() -> async::task<void> {
    got.push_back(co_await tier().open(located(3), here(), testing::in(seconds(5))));
  };
  for (int i = 0; i < 5; ++i) runner_.start(ask());
  pass(milliseconds(50));
  ASSERT_EQ(got.size(), 5U);
  for (const auto& one : got) EXPECT_TRUE(one && one == got.front());
  EXPECT_EQ(node_.files_passed, 1);
}

TEST_F(ShortCircuit, WithoutReceiptsOrSharedMemoryItWorksAsWell) {
  node_.wants_receipt = false;
  node_.offers_segments = false;
  const auto replica = open(1);
  ASSERT_TRUE(replica);
  EXPECT_FALSE(replica->has_slot());
  ASSERT_TRUE(open(2));
  EXPECT_EQ(node_.connects, 2) << "shared memory is asked for once";
  EXPECT_EQ(node_.receipts, 0);
  clock_.ahead = seconds(61);
  EXPECT_FALSE(find(block(1))) << "nobody would say that it is gone";
}

TEST_F(ShortCircuit, TheLeastRecentlyUsedGoesAndItsSlotWithIt) {
  cache_.kept = 3;
  for (const std::uint64_t id : {1U, 2U, 3U}) ASSERT_TRUE(open(id));
  clock_.ahead = milliseconds(10);
  EXPECT_TRUE(find(block(1)));
  ASSERT_TRUE(open(4));
  EXPECT_EQ(tier().size(), 3U);
  EXPECT_TRUE(find(block(1)));
  EXPECT_EQ(node_.slots_in_use(), 4U);
  pass(milliseconds(200));
  EXPECT_EQ(node_.slots_in_use(), 3U);
  EXPECT_EQ(count("slots_returned"), 1);
  for (std::uint64_t id = 1; id <= 10; ++id) ASSERT_TRUE(open(id));
  pass(milliseconds(200));
  EXPECT_EQ(node_.slots_in_use(), 3U);
}

TEST_F(ShortCircuit, MoreReplicasThanSlotsTakeAnotherSegment) {
  for (std::uint64_t id = 1; id <= 10; ++id) ASSERT_TRUE(open(id));
  EXPECT_EQ(tier().segments(), 3U) << "the fake has four slots in each";
}

TEST_F(ShortCircuit, AReplicaThatIsGoneIsNotUsedAgain) {
  const auto before = open(1);
  ASSERT_TRUE(before);
  node_.invalidate(1);
  EXPECT_FALSE(before->current());
  EXPECT_FALSE(find(block(1)));
  const auto after = open(1);
  ASSERT_TRUE(after);
  EXPECT_NE(after, before);
  expect_bytes(*before, 1);
}

TEST_F(ShortCircuit, TheEndOfTheDataNodeVoidsItsReplicas) {
  const auto before = open(1);
  ASSERT_TRUE(before);
  node_.end();
  pass(milliseconds(50));
  EXPECT_FALSE(before->current());
  EXPECT_EQ(tier().segments(), 0U);
  const auto after = open(1);
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->current());
  EXPECT_EQ(node_.releases, 0) << "slots of a DataNode that ended need no release";
}

TEST_F(ShortCircuit, BeingWokenForNothingIsNotTheEndOfTheDataNode) {
  const auto replica = open(1);
  ASSERT_TRUE(replica);
  pass(milliseconds(5));
  node_.wake();
  pass(milliseconds(5));
  EXPECT_TRUE(replica->current());
  EXPECT_EQ(tier().segments(), 1U);
  node_.end();
  pass(milliseconds(5));
  EXPECT_FALSE(replica->current());
}

TEST_F(ShortCircuit, ALockedReplicaCanBeAnchored) {
  const auto replica = open(1);
  ASSERT_TRUE(replica);
  EXPECT_FALSE(replica->try_anchor());
  node_.anchorable(1, true);
  ASSERT_TRUE(replica->try_anchor());
  replica->unanchor();
  node_.anchorable(1, false);
  EXPECT_FALSE(replica->try_anchor());
}

TEST_F(ShortCircuit, AReplicaMayOutliveTheTier) {
  auto replica = open(1);
  ASSERT_TRUE(replica);
  tier().stop();
  ASSERT_TRUE(runner_.drain());
  tier_.reset();
  expect_bytes(*replica, 1);
  replica.reset();
  EXPECT_EQ(node_.releases, 0) << "nobody is left who would give the slot back";
}

TEST_F(ShortCircuit, ADataNodeThatRefusesIsLeftAloneForAWhile) {
  for (const auto how :
       {behaviour::refuse_connection, behaviour::close_at_once, behaviour::never_answer, behaviour::no_files}) {
    node_.how = how;
    const auto refused = count("refused");
    EXPECT_FALSE(open(1));
    EXPECT_FALSE(open(2));
    EXPECT_EQ(count("refused"), refused + 1) << "the second was not asked for";
    node_.how = behaviour::serve;
    EXPECT_FALSE(open(1));
    clock_.ahead += seconds(700);
    ASSERT_TRUE(open(1));
    tier().stop();
    runner_.drain();
    tier_.reset();
  }
}

TEST_F(ShortCircuit, ARefusedBlockSaysNothingOfOthers) {
  node_.how = behaviour::refuse_block;
  EXPECT_FALSE(open(1));
  node_.how = behaviour::serve;
  EXPECT_FALSE(open(1)) << "not asked for again so soon";
  EXPECT_TRUE(open(2));
  EXPECT_EQ(node_.slots_in_use(), 1U);
  clock_.ahead = seconds(31);
  EXPECT_TRUE(open(1));
}

TEST_F(ShortCircuit, FilesThatDoNotFitAreNotUsed) {
  node_.replicas[1]->cut_data(block_size - 1);
  EXPECT_FALSE(open(1));
  EXPECT_TRUE(open(2));
}

TEST_F(ShortCircuit, WhatGaveWrongBytesIsNotUsed) {
  ASSERT_TRUE(open(1));
  tier().distrust({block(1), 9866});
  EXPECT_FALSE(find(block(1)));
  EXPECT_FALSE(open(1));
  clock_.ahead = seconds(601);
  EXPECT_TRUE(open(1));
}

TEST_F(ShortCircuit, UnusedReplicasAreClosed) {
  cache_.expiry = milliseconds(1);
  ASSERT_TRUE(open(1));
  pass(milliseconds(2500));
  EXPECT_EQ(tier().size(), 0U);
  EXPECT_EQ(node_.slots_in_use(), 0U);
}

TEST_F(ShortCircuit, NothingIsOpenedOnceStopped) {
  ASSERT_TRUE(open(1));
  tier().stop();
  EXPECT_FALSE(open(1));
  EXPECT_EQ(tier().size(), 0U);
}

}  // namespace
}  // namespace hdfsmount::datanode
