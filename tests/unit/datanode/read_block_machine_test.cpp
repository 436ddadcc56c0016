#include "datanode/read_block_machine.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "support/datanode_script.hpp"

namespace hdfsmount::datanode {
namespace {

using testing::replica_bytes;
using state = read_block_machine::state;

wire::read_block_request request(std::uint64_t offset, std::uint64_t length, std::uint64_t block_length) {
  return {wire::extended_block("BP-1", block_id(7), generation_stamp(1001), block_length), wire::token(), "tests",
          offset, length};
}

/// Feeds `answer` in pieces of at most `piece` bytes; the delivered bytes from `offset` on, or the first error. A whole
/// answer never has fewer bytes left than the machine says it is owed.
result<std::string> feed(read_block_machine& machine, std::string_view answer, std::size_t piece, std::uint64_t offset,
                         bool whole = false) {
  std::string out;
  std::string packet;
  std::uint64_t begin = 0;
  bool started = false;
  const auto give = [&](std::span<const iovec> into) {
    if (whole) {
      EXPECT_LE(machine.still_owed(), answer.size());
    }
    std::size_t given = 0;
    for (const auto& space : into) {
      const auto count = std::min({space.iov_len, answer.size(), piece - given});
      std::memcpy(space.iov_base, answer.data(), count);
      answer.remove_prefix(count);
      given += count;
    }
    return given;
  };
  for (;;) {
    if (machine.current() == state::control) {
      if (started) {
        out += packet.substr(begin < offset ? offset - begin : 0);
        started = false;
      }
      if (auto parsed = machine.advance(); !parsed) return parsed.error();
      if (machine.current() == state::finished) return out;
      if (machine.current() == state::control) {
        if (answer.empty()) return error(errc::connection_lost);
        const auto space = machine.control_space();
        const iovec into{space.data(), space.size()};
        machine.control_received(give({&into, 1}));
      }
    } else if (!started) {
      started = true;
      begin = machine.packet_offset();
      packet.assign(machine.packet_length(), '\0');
      if (auto set = machine.set_destination(std::as_writable_bytes(std::span(packet))); !set) return set.error();
    } else {
      if (answer.empty()) return error(errc::connection_lost);
      if (auto took = machine.data_received(give(machine.data_space())); !took) return took.error();
    }
  }
}

struct shape {
  wire::checksum_kind checksum;
  std::size_t bytes_per_checksum;
  std::size_t packet_size;
};

class ReadBlockMachine : public ::testing::TestWithParam<shape> {
 protected:
  replica_bytes replica(std::size_t size) const {
    replica_bytes out(testing::pattern(size));
    out.checksum = GetParam().checksum;
    out.bytes_per_checksum = GetParam().bytes_per_checksum;
    out.packet_size = GetParam().packet_size;
    return out;
  }
};

TEST_P(ReadBlockMachine, DeliversAnyRangeInAnyPieces) {
  const auto block = replica(150'001);
  std::minstd_rand random(11);
  for (int i = 0; i < 60; ++i) {
    const auto offset = random() % block.data.size();
    const auto length = 1 + random() % (block.data.size() - offset);
    read_block_machine machine(request(offset, length, block.data.size()));
    const auto got =
        feed(machine, testing::read_block_answer(block, offset, length), 1 + random() % 70'000, offset, true);
    ASSERT_TRUE(got) << got.error().to_string();
    ASSERT_GE(got->size(), length);
    EXPECT_EQ(got->substr(0, length), block.data.substr(offset, length));
  }
}

TEST_P(ReadBlockMachine, AnswerCutAnywhereIsNeverTakenForComplete) {
  const auto block = replica(20'000);
  const auto answer = testing::read_block_answer(block, 100, 10'000);
  for (std::size_t cut = 0; cut < answer.size(); cut += cut < 200 ? 1 : 97) {
    read_block_machine machine(request(100, 10'000, block.data.size()));
    EXPECT_FALSE(feed(machine, std::string_view(answer).substr(0, cut), 4096, 100)) << cut;
  }
}

TEST_P(ReadBlockMachine, FlippedByteIsFound) {
  if (GetParam().checksum == wire::checksum_kind::null) return;  // nothing protects such a block
  auto block = replica(70'000);
  for (const std::size_t at : {0UL, 511UL, 512UL, 65'535UL, 65'536UL, 69'999UL}) {
    block.flip_at = at;
    read_block_machine machine(request(0, block.data.size(), block.data.size()));
    const auto got = feed(machine, testing::read_block_answer(block, 0, block.data.size()), 1 << 20, 0);
    ASSERT_FALSE(got) << at;
    EXPECT_EQ(got.error(), make_error_code(errc::checksum_mismatch)) << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ReadBlockMachine,
                         ::testing::Values(shape{wire::checksum_kind::crc32c, 512, 65536},
                                           shape{wire::checksum_kind::crc32, 512, 4096},
                                           shape{wire::checksum_kind::crc32c, 4096, 65536},
                                           shape{wire::checksum_kind::null, 512, 65536}));

TEST(ReadBlockMachineErrors, RefusalsKeepTheirMeaning) {
  read_block_machine gone(request(0, 10, 10));
  auto got = feed(gone, testing::refusal(1, "Replica not found for BP-1:blk_7_1001"), 100, 0);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), make_error_code(datanode_errc::refused));
  read_block_machine locked(request(0, 10, 10));
  got = feed(locked, testing::refusal(5, "no"), 100, 0);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), make_error_code(datanode_errc::access_token));
}

TEST(ReadBlockMachineErrors, PacketBeyondTheLastChunkIsRefused) {
  const replica_bytes block(testing::pattern(3'000));
  const auto answer = testing::read_block_answer(block, 0, 2'000);
  read_block_machine asked(request(0, 1'537, 3'000));
  EXPECT_TRUE(feed(asked, answer, 1 << 20, 0));
  read_block_machine asked_for_less(request(0, 1'536, 3'000));
  const auto got = feed(asked_for_less, answer, 1 << 20, 0);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error(), make_error_code(errc::protocol_error));
}

TEST(ReadBlockMachineErrors, MutatedAnswersNeverCrashNorHang) {
  const replica_bytes block(testing::pattern(3'000));
  const auto good = testing::read_block_answer(block, 0, 3'000);
  std::minstd_rand random(5);
  for (int i = 0; i < 3'000; ++i) {
    auto bad = good;
    for (unsigned flips = 1 + random() % 3; flips > 0; --flips)
      bad[random() % bad.size()] = static_cast<char>(random());
    read_block_machine machine(request(0, 3'000, 3'000));
    const auto got = feed(machine, bad, 1 + random() % 4'000, 0);
    // Unless the change hit a byte that carries no meaning.
    EXPECT_EQ(got ? *got : block.data, block.data);
  }
}

}  // namespace
}  // namespace hdfsmount::datanode
