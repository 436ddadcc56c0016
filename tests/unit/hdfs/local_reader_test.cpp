#include "stream_fixture.hpp"
#include "support/fake_local_datanode.hpp"

namespace hdfsmount::hdfs {
namespace {

using testing::local_files;

/// Each block on the DataNode of this machine, which passes its files, and on dn2, which is elsewhere.
class local_reading : public stream_fixture {
 protected:
  static constexpr const char* here = "127.0.0.1";

  local_reading() {
    datanode::short_circuit::options asking;
    asking.client_name = "tests";
    asking.sockets.silence = milliseconds(100);
    auto passed = std::make_unique<datanode::short_circuit>(runner_.executor(), local_node_, asking, disk_, clock_,
                                                            runner_.log(), numbers_);
    replicas_ =
        std::make_unique<datanode::local_replicas>(runner_.executor(), datanode::local_replicas::options(), nullptr,
                                                   std::move(passed), disk_, clock_, runner_.log(), numbers_);
    shared_.local = replicas_.get();
  }
  ~local_reading() override {
    replicas_->stop();
    connections_.clear();
    EXPECT_TRUE(runner_.drain()) << "a task goes on";
  }

  void write_here(std::size_t size) {
    write(size, {here, "dn2"});
    for (const auto& block : directory_.blocks) {
      const auto bytes = content_.substr(block.offset, block.block.length);
      local_node_.replicas[block.block.id.value()] =
          std::make_shared<local_files>(bytes, wire::checksum_kind::crc32c, 512);
    }
  }
  local_files& files(std::uint64_t id) { return *local_node_.replicas.at(id); }
  std::int64_t fetched(const char* tier) { return numbers_.get("fetched_bytes", tier).value(); }
  int asked_elsewhere() { return nodes_.node(here).operations + nodes_.node("dn2").operations; }

  testing::fake_local_datanode local_node_;
  async::worker_pool disk_{1};
  std::unique_ptr<datanode::local_replicas> replicas_;
};

TEST_F(local_reading, any_range_comes_from_the_replicas_of_this_machine) {
  write_here(2 * block_size_ + 777);
  const auto stream = open().value();
  for (const std::size_t offset :
       {0UL, 1UL, 511UL, 512UL, 100'000UL, block_size_ - 1, block_size_, content_.size() - 1})
    for (const std::size_t size : {1UL, 512UL, 70'000UL, 400'000UL})
      ASSERT_EQ(read(*stream, offset, size).value(), content_.substr(offset, size)) << offset << ' ' << size;
  EXPECT_EQ(read(*stream, content_.size(), 10).value(), "");
  EXPECT_EQ(asked_elsewhere(), 0);
  EXPECT_EQ(fetched("remote"), 0);
  EXPECT_EQ(local_node_.files_passed, 3) << "each block's once";
}

TEST_F(local_reading, reads_whole_chunks_and_no_more) {
  write_here(block_size_);
  const auto stream = open().value();
  ASSERT_EQ(read(*stream, 1000, 100).value(), content_.substr(1000, 100));
  EXPECT_EQ(fetched("short_circuit"), 1536 - 512);
}

TEST_F(local_reading, a_replica_that_does_not_match_its_checksums_is_left_to_tcp) {
  write_here(2 * block_size_);
  files(1).overwrite_data(1000, "wrong");
  const auto stream = open().value();
  EXPECT_EQ(read(*stream, 900, 300).value(), content_.substr(900, 300));
  EXPECT_EQ(numbers_.get("short_circuit", "bad_replicas").value(), 1);
  EXPECT_EQ(read(*stream, 200'000, 300).value(), content_.substr(200'000, 300)) << "the whole block";
  EXPECT_EQ(numbers_.get("short_circuit", "bad_replicas").value(), 1);
  EXPECT_GT(asked_elsewhere(), 0);
  EXPECT_TRUE(directory_.reported.empty()) << "over TCP its bytes were right";
  EXPECT_EQ(read(*stream, block_size_ + 5, 300).value(), content_.substr(block_size_ + 5, 300));
  EXPECT_GT(fetched("short_circuit"), 0) << "the other block comes from here";
}

TEST_F(local_reading, a_read_over_two_blocks_is_all_right_when_one_of_them_is_elsewhere) {
  write_here(2 * block_size_);
  local_node_.replicas.erase(2);
  const auto stream = open().value();
  EXPECT_EQ(read(*stream, block_size_ - 1000, 2000).value(), content_.substr(block_size_ - 1000, 2000));
}

TEST_F(local_reading, the_block_that_is_being_written_is_left_to_tcp) {
  write_here(block_size_ + 5'000);
  directory_.complete_length = block_size_;
  directory_.being_written = 5'000;
  const auto stream = open().value();
  EXPECT_EQ(read(*stream, 0, 1000).value(), content_.substr(0, 1000));
  EXPECT_EQ(asked_elsewhere(), 0);
  EXPECT_EQ(read(*stream, block_size_ + 100, 1000).value(), content_.substr(block_size_ + 100, 1000));
  EXPECT_GT(asked_elsewhere(), 0);
  EXPECT_EQ(local_node_.files_passed, 1);
}

TEST_F(local_reading, who_comes_near_the_end_of_a_block_finds_the_next_one_open) {
  write_here(3 * block_size_);
  const auto stream = open().value();
  ASSERT_EQ(read(*stream, 0, 100'000).value(), content_.substr(0, 100'000));
  runner_.drain(milliseconds(50));
  EXPECT_EQ(local_node_.files_passed, 2);
  EXPECT_EQ(read(*stream, 1, 10).value(), content_.substr(1, 10));
  runner_.drain(milliseconds(50));
  EXPECT_EQ(local_node_.files_passed, 2) << "once";
}

TEST_F(local_reading, waits_for_memory_no_longer_than_it_may) {
  write_here(block_size_);
  shared_.buffers = std::make_shared<buffer_pool>(buffer_pool::usual_size);
  const auto held = shared_.buffers->try_take(buffer_pool::usual_size);
  const auto stream = open().value();
  EXPECT_FALSE(stream->try_read(0, 4096));
  EXPECT_FALSE(read(*stream, 0, 4096, milliseconds(100)));
}

}  // namespace
}  // namespace hdfsmount::hdfs
