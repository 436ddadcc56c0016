#pragma once

#include <gtest/gtest.h>

#include "hdfs/file_input_stream.hpp"
#include "support/fake_datanodes.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount::hdfs {
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
    co_return node.uuid == late_node ? late_length : being_written;
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
  std::string late_node;  ///< shows late_length bytes of the last block
  std::uint64_t late_length = 0;
  int location_calls = 0;
  int length_calls = 0;
  std::vector<std::string> reported;
};

inline wire::replica_location on(const std::string& host) {
  return wire::replica_location(wire::datanode_info(host, host, host, 9866, 9867));
}

class stream_fixture : public ::testing::Test {
 protected:
  stream_fixture() { settings_.attempt_timeout = milliseconds(100); }

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

}  // namespace hdfsmount::hdfs
