#include <random>

#include "stream_fixture.hpp"

namespace hdfsmount::hdfs {
namespace {

class FileInputStream : public stream_fixture {};

TEST_F(FileInputStream, ReadsInOrderThroughTheWindow) {
  write(3 * block_size_ + 17);
  auto stream = open().value();
  EXPECT_EQ(stream->length(), content_.size());
  expect_content(*stream, 131'072);
  EXPECT_EQ(numbers_.get("read_bytes", "read_ahead").value(), static_cast<std::int64_t>(content_.size()));
  EXPECT_EQ(directory_.location_calls, 1);
  stream->close();
}

TEST_F(FileInputStream, AReaderThatGoesOnFindsTheNextBlockOpened) {
  block_size_ = 4'000'000;
  write(12'000'000, {"dn1"});
  const auto stream = open().value();
  ASSERT_EQ(read(*stream, 0, 100'000).value(), content_.substr(0, 100'000));
  runner_.drain(milliseconds(100));
  EXPECT_EQ(nodes_.node("dn1").operations, 1) << "the beginning alone costs one operation";
  for (std::size_t at = 100'000; at < 1'200'000; at += 100'000)
    ASSERT_EQ(read(*stream, at, 100'000).value(), content_.substr(at, 100'000));
  for (int i = 0; i < 100 && nodes_.node("dn1").operations < 3; ++i) runner_.drain(milliseconds(20));
  EXPECT_EQ(nodes_.node("dn1").operations, 3) << "1 MiB, the rest of the block, and a block that nobody has come to";
  for (std::size_t at = 1'200'000; at < content_.size(); at += 100'000)
    ASSERT_EQ(read(*stream, at, 100'000).value(), content_.substr(at, 100'000));
  EXPECT_EQ(nodes_.node("dn1").operations, 4) << "none twice";
}

TEST_F(FileInputStream, ReadsAFileOfVeryManyBlocks) {
  block_size_ = 1'000;
  write(70 * block_size_);
  auto stream = open().value();
  expect_content(*stream, 4'096);
  EXPECT_EQ(nodes_.node("dn1").operations, 70);
  EXPECT_EQ(nodes_.node("dn1").connects, 1);
}

TEST_F(FileInputStream, ReadsAtRandomFetchTheirRangeOnly) {
  write(3 * block_size_ + 17);
  auto stream = open().value();
  std::minstd_rand random(3);
  std::int64_t asked = 0;
  for (int i = 0; i < 50; ++i) {
    const auto offset = 1 + (static_cast<std::size_t>(i) * 350'003) % (content_.size() - 10'000);
    const auto size = 1 + random() % 4096;
    asked += static_cast<std::int64_t>(size);
    EXPECT_EQ(read(*stream, offset, size).value(), content_.substr(offset, size));
  }
  EXPECT_LE(numbers_.get("fetched_bytes", "remote").value(), asked + 50 * 1024);
  EXPECT_EQ(nodes_.node("dn1").connects, 1) << "connections are used again";
}

TEST_F(FileInputStream, RandomReadsThatHitTheWindowDoNotMakeItGrow) {
  block_size_ = 8'000'000;
  write(8'000'000);
  auto stream = open().value();
  std::minstd_rand random(5);
  EXPECT_EQ(read(*stream, 0, 4096).value(), content_.substr(0, 4096));
  for (int i = 0; i < 100; ++i) {
    const auto offset = 100'000 + random() % 900'000;
    EXPECT_EQ(read(*stream, offset, 4096).value(), content_.substr(offset, 4096));
  }
  runner_.drain(milliseconds(50));
  EXPECT_LE(numbers_.get("fetched_bytes", "remote").value(), (1 << 20) + 100 * 8192);
}

TEST_F(FileInputStream, OneReadThatFollowsAnotherByChanceOpensNoWindow) {
  block_size_ = 8'000'000;
  write(8'000'000);
  auto stream = open().value();
  for (const std::size_t offset : {3'000'000U, 3'004'096U, 5'000'000U, 5'004'096U, 1'000'000U})
    EXPECT_EQ(read(*stream, offset, 4096).value(), content_.substr(offset, 4096));
  runner_.drain(milliseconds(50));
  EXPECT_LE(numbers_.get("fetched_bytes", "remote").value(), 5 * 8192);
  for (std::size_t offset = 2'000'000; offset < 2'500'000; offset += 4096)
    EXPECT_EQ(read(*stream, offset, 4096).value(), content_.substr(offset, 4096));
  EXPECT_GT(numbers_.get("read_bytes", "read_ahead").value(), 400'000) << "a reader in order gets one";
}

TEST_F(FileInputStream, EachOfSeveralReadersOfOneHandleHasAWindow) {
  block_size_ = 8'000'000;
  write(8'000'000);
  auto stream = open().value();
  constexpr std::size_t step = 65'536;
  std::int64_t from_window = 0;
  for (std::size_t at = 0; at < 1'500'000; at += step) {
    for (const std::size_t begin : {1'000'000U, 3'000'000U, 5'000'000U})
      ASSERT_EQ(read(*stream, begin + at, step).value(), content_.substr(begin + at, step));
    if (at == 2 * step) from_window = numbers_.get("read_bytes", "read_ahead").value();
  }
  const auto exact = numbers_.get("read_bytes", "remote").value();
  EXPECT_EQ(exact, static_cast<std::int64_t>(3 * 2 * step)) << "the third read of each opens its window";
  EXPECT_GT(numbers_.get("read_bytes", "read_ahead").value(), from_window + 3 * 1'000'000);
}

TEST_F(FileInputStream, AReaderThatGoesElsewhereGivesItsWindowUp) {
  block_size_ = 16'000'000;
  write(16'000'000);
  auto stream = open().value();
  for (const std::size_t begin : {0U, 3'000'000U, 6'000'000U, 9'000'000U, 12'000'000U}) {
    for (std::size_t at = begin; at < begin + 600'000; at += 100'000)
      ASSERT_EQ(read(*stream, at, 100'000).value(), content_.substr(at, 100'000));
    runner_.drain(milliseconds(50));
    EXPECT_LE(shared_.buffers->in_use(), 3 * buffer_pool::usual_size) << "at " << begin;
  }
}

TEST_F(FileInputStream, BackwardAndInStridesItFetchesWhatIsReadAndEndsNoWindow) {
  block_size_ = 8'000'000;
  write(8'000'000);
  auto stream = open().value();
  constexpr std::size_t step = 50'000;
  for (std::size_t i = 0; i < 20; ++i) {
    const auto forward = i * step, backward = 6'000'000 - i * step, stride = 2'000'000 + 3 * i * step;
    for (const auto offset : {forward, backward, stride})
      ASSERT_EQ(read(*stream, offset, step).value(), content_.substr(offset, step));
  }
  EXPECT_EQ(numbers_.get("read_bytes", "read_ahead").value(), static_cast<std::int64_t>(20 * step));
  EXPECT_EQ(numbers_.get("read_bytes", "remote").value(), static_cast<std::int64_t>(40 * step));
  runner_.drain(milliseconds(50));
  EXPECT_LE(numbers_.get("fetched_bytes", "remote").value(),
            static_cast<std::int64_t>(40 * (step + 1024) + (5U << 20)));
}

TEST_F(FileInputStream, AFailedReplicaIsReplacedWhereItStopped) {
  write(2 * block_size_);
  for (const std::size_t lose_after : {0UL, 5UL, 40UL, 600UL, 70'000UL, 200'000UL}) {
    nodes_.node("dn1").lose_after = lose_after;
    connections_.clear();
    auto stream = open().value();
    expect_content(*stream, 65'536);
    stream->close();
  }
  EXPECT_GT(nodes_.node("dn2").operations, 0);
}

TEST_F(FileInputStream, ASilentReplicaCostsOneAttemptAndIsThenAvoided) {
  write(2 * block_size_);
  nodes_.node("dn1").how = fake_datanode::behaviour::never_answer;
  auto stream = open().value();
  expect_content(*stream, 65'536);
  EXPECT_FALSE(health_.admit("dn1"));
  EXPECT_EQ(nodes_.node("dn1").operations, 1);
}

TEST_F(FileInputStream, ACorruptReplicaIsReportedAndNeverDelivered) {
  write(block_size_);
  nodes_.node("dn1").replicas.at(1).flip_at = 1000;
  auto stream = open().value();
  expect_content(*stream, 65'536);
  runner_.drain(milliseconds(50));
  EXPECT_EQ(directory_.reported, std::vector<std::string>{"dn1"});
}

TEST_F(FileInputStream, AllReplicasCorruptIsAnErrorAndNobodyIsBlamed) {
  write(block_size_);
  for (const auto* host : {"dn1", "dn2"}) nodes_.node(host).replicas.at(1).flip_at = 1000;
  auto stream = open().value();
  const auto got = read(*stream, 0, 4096);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), make_error_code(errc::no_replica));
  runner_.drain(milliseconds(50));
  EXPECT_TRUE(directory_.reported.empty());
}

TEST_F(FileInputStream, AskingAgainFindsABlockThatMoved) {
  write(block_size_);
  nodes_.node("dn3").replicas.emplace(1, nodes_.node("dn1").replicas.at(1));
  auto stream = open().value();
  nodes_.node("dn1").replicas.clear();
  nodes_.node("dn2").replicas.clear();
  directory_.blocks[0].replicas = {on("dn3")};
  EXPECT_EQ(read(*stream, 0, 4096).value(), content_.substr(0, 4096));
  EXPECT_TRUE(health_.admit("dn1")) << "a DataNode without the block is not ill";
}

TEST_F(FileInputStream, EndsByItsDeadlineWhateverHangs) {
  write(block_size_);
  for (const auto* host : {"dn1", "dn2"}) nodes_.node(host).how = fake_datanode::behaviour::never_connect;
  auto stream = open().value();
  const auto start = std::chrono::steady_clock::now();
  const auto got = read(*stream, 100'000, 10, milliseconds(250));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), make_error_code(errc::timed_out));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(2));
}

TEST_F(FileInputStream, SeesWhatIsVisibleOfABlockBeingWritten) {
  write(block_size_ + 5'000);
  directory_.complete_length = block_size_;
  directory_.being_written = 3'000;
  directory_.silent_node = "dn1";
  auto stream = open().value();
  EXPECT_TRUE(stream->under_construction());
  EXPECT_EQ(stream->length(), block_size_ + 3'000);
  EXPECT_EQ(read(*stream, block_size_ - 10, 100'000).value(), content_.substr(block_size_ - 10, 3'010));
  directory_.being_written = 5'000;
  EXPECT_EQ(runner_.run(stream->refresh_length(context(), 0)).value(), content_.size());
  EXPECT_EQ(read(*stream, block_size_ + 2'000, 100'000).value(), content_.substr(block_size_ + 2'000));
}

TEST_F(FileInputStream, ADataNodeThatShowsLessThanWasSeenIsNotBelievedBeforeTheOthers) {
  write(block_size_ + 5'000);
  directory_.complete_length = block_size_;
  directory_.being_written = 4'000;
  directory_.late_node = "dn1";
  directory_.late_length = 3'000;
  auto stream = open().value();
  EXPECT_EQ(stream->length(), block_size_ + 3'000) << "nobody has seen more";
  EXPECT_EQ(runner_.run(stream->refresh_length(context(), block_size_ + 3'001)).value(), block_size_ + 4'000);
  EXPECT_EQ(runner_.run(stream->refresh_length(context(), 0)).value(), block_size_ + 4'000);
  EXPECT_EQ(read(*stream, block_size_ + 3'000, 100'000).value(), content_.substr(block_size_ + 3'000, 1'000));
  directory_.being_written = 2'000;  // cut off, as all of them say
  EXPECT_EQ(runner_.run(stream->refresh_length(context(), 0)).value(), block_size_ + 3'000);
  directory_.silent_node = "dn2";
  EXPECT_EQ(runner_.run(stream->refresh_length(context(), 0)).value(), block_size_ + 3'000);
}

TEST_F(FileInputStream, ClosingWhileReadingEndsTheRead) {
  write(block_size_);
  nodes_.node("dn1").how = nodes_.node("dn2").how = fake_datanode::behaviour::never_answer;
  settings_.attempt_timeout = seconds(10);
  auto stream = open().value();
  auto close_soon = [](std::shared_ptr<file_input_stream> target) -> async::task<void> {
    target->close();
    co_return;
  };
  std::optional<result<read_data>> outcome;
  auto reading = [&]() -> async::task<void> {
    auto context_copy = context(milliseconds(1000));
    outcome.emplace(co_await stream->read(std::move(context_copy), 0, 4096));
  };
  runner_.start(reading());
  runner_.start(close_soon(stream));
  runner_.drain(milliseconds(100));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error(), make_error_code(errc::cancelled));
}

TEST_F(FileInputStream, ManyFirstReadsAtATimeShareOneWindow) {
  write(3 * block_size_);
  auto stream = open().value();
  constexpr std::size_t step = 65'536;
  int right = 0;
  auto read_at = [&](std::size_t offset) -> async::task<void> {
    auto asker = context();
    const auto got = co_await stream->read(std::move(asker), offset, step);
    std::string bytes;
    if (got)
      for (const auto& piece : got->pieces)
        bytes.append(reinterpret_cast<const char*>(piece.bytes.data()), piece.bytes.size());
    right += bytes == content_.substr(offset, step);
  };
  for (const std::size_t offset : {0UL, step, 0UL, 2 * step, 3 * step, 0UL}) runner_.start(read_at(offset));
  runner_.drain(milliseconds(200));
  EXPECT_EQ(right, 6);
  EXPECT_EQ(numbers_.get("fetched_bytes", "remote").value(), static_cast<std::int64_t>(content_.size()));
}

TEST_F(FileInputStream, AFinishedWindowGivesItsMemoryBackWhileTheFileIsOpen) {
  write(3 * block_size_);
  auto stream = open().value();
  expect_content(*stream, 65'536);
  runner_.drain(milliseconds(3'500));
  EXPECT_EQ(shared_.buffers->in_use(), 0U);
  EXPECT_EQ(read(*stream, 10, 100).value(), content_.substr(10, 100));
}

TEST_F(FileInputStream, AFailureThatHasPassedIsNotRemembered) {
  write(2 * block_size_);
  for (const auto* host : {"dn1", "dn2"}) nodes_.node(host).replicas.at(2).flip_at = 1000;
  auto stream = open().value();
  ASSERT_TRUE(read(*stream, 0, 65'536));
  const auto across = block_size_ - 1'000;
  ASSERT_FALSE(read(*stream, across, 65'536));
  for (const auto* host : {"dn1", "dn2"}) nodes_.node(host).replicas.at(2).flip_at = std::string::npos;
  EXPECT_EQ(read(*stream, across, 65'536).value(), content_.substr(across, 65'536));
}

TEST_F(FileInputStream, BytesDamagedOnTheirWayBlameNoReplica) {
  write(block_size_);
  nodes_.node("dn1").replicas.at(1).flip_at = 1000;
  nodes_.node("dn1").mend_after = 1;
  auto stream = open().value();
  expect_content(*stream, 65'536);
  runner_.drain(milliseconds(50));
  EXPECT_TRUE(directory_.reported.empty());
  EXPECT_EQ(nodes_.node("dn2").operations, 0);
}

TEST_F(FileInputStream, GivesAllMemoryBack) {
  write(3 * block_size_);
  auto stream = open().value();
  expect_content(*stream, 65'536);
  stream->close();
  stream.reset();
  runner_.drain(milliseconds(100));
  EXPECT_EQ(shared_.buffers->in_use(), 0U);
}

TEST_F(FileInputStream, WhatCannotBeReadFailsAtOpen) {
  write(10);
  directory_.refuse = error(namenode_errc::access_denied);
  EXPECT_EQ(open().error(), make_error_code(namenode_errc::access_denied));
  directory_.refuse.reset();
  directory_.encrypted = true;
  EXPECT_EQ(open().error(), make_error_code(errc::unsupported));
  EXPECT_NE(open().error().detail().find("encryption zone"), std::string_view::npos);
  directory_.encrypted = false;
  directory_.erasure_coded = true;
  EXPECT_EQ(open().error(), make_error_code(errc::unsupported));
}

}  // namespace
}  // namespace hdfsmount::hdfs
