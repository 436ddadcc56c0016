#include "hdfs/file_input_stream.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support/fake_datanodes.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount::hdfs {
namespace {

using testing::fake_datanode;
using testing::fake_datanodes;
using testing::replica_bytes;
using testing::task_runner;

constexpr std::size_t usual_block_size = 300'000;

/// One file of several blocks, each on dn1 and dn2, and a NameNode that knows where they are.
class fake_directory final : public block_directory {
 public:
  async::task<result<wire::located_blocks>> get_block_locations(call_context, std::string, std::uint64_t offset,
                                                                std::uint64_t length) override {
    ++location_calls;
    if (refuse) co_return *refuse;
    wire::located_blocks out;
    out.file_length = complete_length;
    out.encrypted = encrypted;
    out.erasure_coded = erasure_coded;
    out.under_construction = being_written > 0;
    out.last_block_complete = being_written == 0;
    for (const auto& block : blocks)
      if (block.offset < offset + std::min<std::uint64_t>(length, 1ULL << 40) && block.end() > offset)
        out.blocks.push_back(block);
    if (being_written > 0) {
      out.last_block = blocks.back();
      std::erase_if(out.blocks, [&](const auto& block) { return block.offset >= complete_length; });
    }
    co_return out;
  }
  async::task<result<std::uint64_t>> get_visible_length(call_context, wire::datanode_info node,
                                                        wire::extended_block) override {
    ++length_calls;
    if (node.uuid == silent_node) co_return error(errc::connect_failed);
    co_return being_written;
  }
  async::task<result<void>> report_bad_blocks(call_context, std::vector<wire::located_block> bad) override {
    for (const auto& block : bad)
      for (const auto& replica : block.replicas) reported.push_back(replica.node.uuid);
    co_return result<void>();
  }

  std::vector<wire::located_block> blocks;
  std::uint64_t complete_length = 0;
  std::uint64_t being_written = 0;  ///< visible bytes of the last block; 0: the file is closed
  bool encrypted = false;
  bool erasure_coded = false;
  std::optional<error> refuse;
  std::string silent_node;
  int location_calls = 0;
  int length_calls = 0;
  std::vector<std::string> reported;
};

wire::replica_location on(const std::string& host) {
  return wire::replica_location(wire::datanode_info(host, host, host, 9866, 9867));
}

class FileInputStream : public ::testing::Test {
 protected:
  FileInputStream() { settings_.attempt_timeout = milliseconds(100); }

  void write(std::size_t size, std::vector<std::string> hosts = {"dn1", "dn2"}) {
    content_ = testing::pattern(size);
    for (std::size_t at = 0, id = 1; at < size; at += block_size_, ++id) {
      const auto piece = content_.substr(at, block_size_);
      std::vector<wire::replica_location> replicas;
      for (const auto& host : hosts) {
        replicas.push_back(on(host));
        nodes_.node(host).replicas.emplace(id, replica_bytes(piece));
      }
      directory_.blocks.emplace_back(wire::extended_block("BP-1", block_id(id), generation_stamp(1), piece.size()), at,
                                     std::move(replicas));
    }
    directory_.complete_length = size;
  }

  call_context context(milliseconds patience = seconds(10)) const {
    return {caller(std::make_shared<hdfs_user>("tests")), testing::in(patience)};
  }

  result<std::shared_ptr<file_input_stream>> open() {
    auto file = std::make_shared<block_locator>(shared_, "/f", "/f");
    if (auto opened = runner_.run(file->open(context())); !opened) return opened.error();
    return std::make_shared<file_input_stream>(shared_, file, context().who);
  }

  result<std::string> read(file_input_stream& stream, std::uint64_t offset, std::size_t size,
                           milliseconds patience = seconds(10)) {
    auto data = stream.try_read(offset, size);
    if (!data) {
      auto waited = runner_.run(stream.read(context(patience), offset, size));
      if (!waited) return waited.error();
      data = std::move(*waited);
    }
    std::string out;
    for (const auto& piece : data->pieces)
      out.append(reinterpret_cast<const char*>(piece.bytes.data()), piece.bytes.size());
    return out;
  }

  void expect_content(file_input_stream& stream, std::size_t step) {
    for (std::size_t at = 0; at < content_.size(); at += step) {
      const auto got = read(stream, at, step);
      ASSERT_TRUE(got) << got.error().to_string();
      ASSERT_EQ(*got, content_.substr(at, step)) << "at " << at;
    }
    EXPECT_EQ(read(stream, content_.size(), step).value(), "");
  }

  task_runner runner_;
  fake_datanodes nodes_;
  fake_directory directory_;
  options settings_;
  metrics numbers_;
  clock_source clock_;
  datanode::connection_pool connections_{runner_.executor(), nodes_, 16, milliseconds(3000), runner_.log(), numbers_};
  datanode::node_health health_{clock_, milliseconds(1000), milliseconds(8000), milliseconds(500)};
  line_limiter failures_{clock_, 5, seconds(10)};
  services shared_{runner_.executor(), settings_, directory_,
                   connections_,       health_,   std::make_shared<buffer_pool>(64U << 20),
                   runner_.log(),      failures_, numbers_};
  std::string content_;
  std::size_t block_size_ = usual_block_size;
};

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
  runner_.drain(milliseconds(100));
  EXPECT_EQ(nodes_.node("dn1").operations, 3) << "1 MiB, the rest of the block, and a block that nobody has come to";
  expect_content(*stream, 100'000);
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
  EXPECT_EQ(runner_.run(stream->refresh_length(context())).value(), content_.size());
  EXPECT_EQ(read(*stream, block_size_ + 2'000, 100'000).value(), content_.substr(block_size_ + 2'000));
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
