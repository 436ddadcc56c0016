#include "datanode/block_reader.hpp"

#include <gtest/gtest.h>

#include "support/datanode_script.hpp"
#include "support/scripted_stream.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount::datanode {
namespace {

using testing::fault_kind;
using testing::replica_bytes;
using testing::scripted_connector;
using testing::task_runner;

/// One read of bytes 100 to 1,100 of a block of 3,000, whose bytes arrive in pieces.
class BlockReader : public ::testing::Test {
 protected:
  wire::read_block_request request() const {
    return {wire::extended_block("BP-1", block_id(7), generation_stamp(1), 3000), wire::token(), "tests", 100, 1000};
  }
  testing::script answered() const {
    testing::script play;
    play.expect(wire::encode_read_block(request()))
        .send(testing::read_block_answer(block_, 100, 1000))
        .expect(testing::checksum_ok_reply());
    return play;
  }

  async::task<result<std::string>> read_all(connection_pool& pool) {
    const auto deadline = testing::in(milliseconds(300));
    auto reader = co_await block_reader::open(pool, net::host_port("dn", 1), request(), milliseconds(300), deadline);
    if (!reader) co_return reader.error();
    std::string out;
    for (;;) {
      const auto length = co_await (*reader)->next_packet(deadline);
      if (!length) co_return length.error();
      if (*length == 0) co_return out;
      std::string packet(*length, '\0');
      const auto received = co_await (*reader)->receive(std::as_writable_bytes(std::span(packet)), deadline);
      if (!received) co_return received.error();
      out += packet;
    }
  }

  replica_bytes block_{testing::pattern(3000)};
};

TEST_F(BlockReader, ReadsAndGivesTheConnectionBack) {
  task_runner runner;
  metrics numbers;
  scripted_connector connector(runner.executor());
  connection_pool pool(runner.executor(), connector, 4, milliseconds(3000), runner.log(), numbers);
  const auto outcome = connector.add(answered(), {.chunk = 37});
  const auto got = runner.run(read_all(pool));
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_EQ(*got, block_.data.substr(0, 1536)) << "whole checksum chunks";
  EXPECT_EQ(outcome->mismatch, "");
  EXPECT_EQ(outcome->steps_left, 0U);
  EXPECT_EQ(pool.idle(), 1U);
  pool.clear();
  EXPECT_TRUE(runner.drain());
}

TEST_F(BlockReader, FailsCleanlyAtEveryStep) {
  /// Runs the exchange with one fault; the number of its steps.
  const auto rerun = [this](std::size_t chunk, std::size_t at, fault_kind kind) {
    task_runner runner;
    metrics numbers;
    scripted_connector connector(runner.executor());
    connection_pool pool(runner.executor(), connector, 4, milliseconds(3000), runner.log(), numbers);
    connector.add(answered(), {.chunk = chunk});
    connector.faults->at = at;
    connector.faults->kind = kind;
    const auto got = runner.run(read_all(pool));
    // The bytes are whole when only the last word to the DataNode or the look at the idle connection failed.
    EXPECT_TRUE(got || connector.faults->hit) << at;
    if (got) {
      EXPECT_EQ(*got, block_.data.substr(0, 1536)) << at;
    } else {
      const auto code = got.error().code();
      EXPECT_TRUE(kind == fault_kind::silent ? code == errc::timed_out
                                             : code == errc::connection_lost || code == errc::connect_failed)
          << at << ": " << got.error().to_string();
    }
    pool.clear();
    EXPECT_TRUE(runner.drain()) << at;
    return connector.faults->operations;
  };
  for (const auto kind : {fault_kind::lost, fault_kind::silent}) {
    // A silent step costs a deadline, so fewer of them.
    const std::size_t chunk = kind == fault_kind::lost ? 16 : 600;
    const auto steps = rerun(chunk, testing::fault_plan::never, kind);
    EXPECT_GT(steps, kind == fault_kind::lost ? 100U : 8U);
    for (std::size_t at = 0; at < steps; ++at) rerun(chunk, at, kind);
  }
}

async::task<void> keep(connection_pool& pool, std::vector<connection_pool::place>& places) {
  const net::host_port peer("dn", 1);
  auto place = co_await pool.enter(peer, testing::in(milliseconds(50)));
  if (place) places.push_back(std::move(*place));
}

TEST_F(BlockReader, OneDataNodeHasSoManyReadsAtATime) {
  task_runner runner;
  metrics numbers;
  scripted_connector connector(runner.executor());
  connection_pool pool(runner.executor(), connector, 4, milliseconds(3000), runner.log(), numbers);
  std::vector<connection_pool::place> places;
  for (std::size_t i = 0; i <= connection_pool::places_per_node; ++i) runner.start(keep(pool, places));
  EXPECT_TRUE(runner.drain());
  EXPECT_EQ(places.size(), connection_pool::places_per_node);
  places.clear();
  runner.start(keep(pool, places));
  EXPECT_TRUE(runner.drain());
  EXPECT_EQ(places.size(), 1U);
}

TEST_F(BlockReader, AReusedConnectionThatWasJustClosedIsReplaced) {
  task_runner runner;
  metrics numbers;
  scripted_connector connector(runner.executor());
  connection_pool pool(runner.executor(), connector, 4, milliseconds(3000), runner.log(), numbers);
  auto first = answered();
  first.expect(wire::encode_read_block(request())).close();
  connector.add(std::move(first));
  connector.add(answered());
  EXPECT_TRUE(runner.run(read_all(pool)));
  const auto second = runner.run(read_all(pool));
  EXPECT_TRUE(second) << second.error().to_string();
  EXPECT_EQ(connector.attempts.size(), 2U);
  pool.clear();
  EXPECT_TRUE(runner.drain());
}

}  // namespace
}  // namespace hdfsmount::datanode
