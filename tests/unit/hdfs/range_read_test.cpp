#include "hdfs/range_read.hpp"

#include "stream_fixture.hpp"

namespace hdfsmount::hdfs {
namespace {

class hedged_reads : public stream_fixture {
 protected:
  hedged_reads() {
    settings_.hedged_reads = 1;
    settings_.hedged_after = milliseconds(20);
    settings_.attempt_timeout = seconds(5);
    shared_.hedges = std::make_shared<async::budget>(1);
  }
  result<std::string> read_one(std::uint64_t offset, std::size_t size, milliseconds patience = seconds(10)) {
    const auto stream = open().value();
    return read(*stream, offset, size, patience);
  }
  std::int64_t count(const std::string& what) { return numbers_.get("hedged_reads", what).value(); }
};

TEST_F(hedged_reads, win_against_a_stalled_datanode) {
  write(200'000);
  nodes_.node("dn1").how = fake_datanode::behaviour::never_answer;
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(read_one(50'000, 10'000).value(), content_.substr(50'000, 10'000));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(3)) << "long before the DataNode counts as silent";
  EXPECT_EQ(count("started"), 1);
  EXPECT_EQ(count("won"), 1);
  EXPECT_EQ(read_one(90'000, 10'000).value(), content_.substr(90'000, 10'000));
  EXPECT_EQ(count("started"), 1) << "the slow one is avoided for a while";
}

TEST_F(hedged_reads, are_not_made_when_the_first_datanode_is_fast) {
  write(200'000);
  EXPECT_EQ(read_one(50'000, 10'000).value(), content_.substr(50'000, 10'000));
  EXPECT_EQ(count("started"), 0);
  EXPECT_EQ(nodes_.node("dn2").operations, 0);
}

TEST_F(hedged_reads, never_exceed_their_bound) {
  write(200'000, {"dn1", "dn2"});
  for (const auto* host : {"dn1", "dn2"}) nodes_.node(host).how = fake_datanode::behaviour::never_answer;
  const auto stream = open().value();
  int failed = 0;
  for (int i = 0; i < 5; ++i)
    runner_.start([](file_input_stream& from, call_context who, int number, int& out) -> async::task<void> {
      const auto got = co_await from.read(std::move(who), 20'000 + 30'000 * static_cast<unsigned>(number), 1'000);
      if (!got) ++out;
    }(*stream, context(milliseconds(300)), i, failed));
  for (int i = 0; i < 100 && failed < 5; ++i) runner_.drain(milliseconds(50));
  runner_.drain(milliseconds(100));
  EXPECT_EQ(failed, 5);
  EXPECT_EQ(count("started"), 1);
  EXPECT_EQ(count("not_permitted"), 4);
  EXPECT_EQ(shared_.hedges->in_use(), 0U);
}

TEST_F(hedged_reads, of_a_single_replica_wait_for_it) {
  write(200'000, {"dn1"});
  nodes_.node("dn1").how = fake_datanode::behaviour::never_answer;
  const auto got = read_one(50'000, 10'000, milliseconds(200));
  EXPECT_TRUE(!got && got.error() == make_error_code(errc::timed_out));
  EXPECT_EQ(nodes_.node("dn1").operations, 1) << "not asked twice for the same";
}

TEST_F(hedged_reads, succeed_when_only_the_second_replica_is_good) {
  write(200'000);
  nodes_.node("dn1").how = fake_datanode::behaviour::refuse_connection;
  EXPECT_EQ(read_one(50'000, 10'000).value(), content_.substr(50'000, 10'000));
}

}  // namespace
}  // namespace hdfsmount::hdfs
