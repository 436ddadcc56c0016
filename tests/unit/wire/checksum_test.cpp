#include "wire/checksum.hpp"

#include <gtest/gtest.h>

#include <random>

#include "bytes.hpp"
#include "wire/proto_codec.hpp"

namespace hdfsmount::wire {
namespace {

/// Bit by bit from the definition.
std::uint32_t slow_crc(std::string_view data, std::uint32_t reflected_polynomial) {
  std::uint32_t crc = ~0U;
  for (const char c : data) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? reflected_polynomial : 0);
  }
  return ~crc;
}

std::uint32_t slow_crc(checksum_kind kind, std::string_view data) {
  return slow_crc(data, kind == checksum_kind::crc32 ? 0xedb88320U : 0x82f63b78U);
}

std::string random_bytes(std::size_t size) {
  std::mt19937 random(1);
  std::string out(size, '\0');
  for (auto& c : out) c = static_cast<char>(random());
  return out;
}

std::string checksums_of(checksum_kind kind, std::string_view data, std::size_t chunk) {
  std::string out;
  for (std::size_t at = 0; at < data.size(); at += chunk)
    append_big_endian(out, slow_crc(kind, data.substr(at, chunk)));
  return out;
}

class Checksum : public testing::TestWithParam<checksum_kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, Checksum, testing::Values(checksum_kind::crc32, checksum_kind::crc32c));

TEST(ChecksumOf, HasTheCheckValues) {
  EXPECT_EQ(checksum_of(checksum_kind::crc32, bytes_of("123456789")), 0xcbf43926U);
  EXPECT_EQ(checksum_of(checksum_kind::crc32c, bytes_of("123456789")), 0xe3069283U);
  EXPECT_EQ(checksum_of(checksum_kind::null, bytes_of("123456789")), 0U);
}

TEST_P(Checksum, EqualsTheDefinitionForEverySizeAndAlignment) {
  const auto data = random_bytes(5000);
  guarded_bytes memory(data.size());
  for (std::size_t size = 0; size <= data.size(); size = size < 600 ? size + 1 : size + 377) {
    const auto part = std::string_view(data).substr(0, size);
    EXPECT_EQ(checksum_of(GetParam(), memory.hold(part)), slow_crc(GetParam(), part)) << size;
  }
}

TEST_P(Checksum, GoodChunksPassWhateverTheirSize) {
  for (const std::size_t chunk : {1U, 512U, 4096U, 100'000U}) {
    for (const std::size_t size : {0U, 1U, 511U, 512U, 513U, 4095U, 4096U, 10'000U}) {
      const auto data = random_bytes(size);
      const auto checksums = checksums_of(GetParam(), data, chunk);
      EXPECT_TRUE(verify_chunks(GetParam(), chunk, bytes_of(data), bytes_of(checksums))) << chunk << ' ' << size;
    }
  }
}

TEST_P(Checksum, NamesTheFirstChunkThatDiffers) {
  const auto data = random_bytes(10 * 512 + 100);
  const auto checksums = checksums_of(GetParam(), data, 512);
  for (const std::size_t at : {0U, 511U, 512U, 5 * 512U + 7, 10 * 512U, 10 * 512U + 99}) {
    auto flipped = data;
    flipped[at] ^= 0x10;
    EXPECT_EQ(first_bad_chunk(GetParam(), 512, bytes_of(flipped), bytes_of(checksums)), at / 512);
    const auto verdict = verify_chunks(GetParam(), 512, bytes_of(flipped), bytes_of(checksums));
    EXPECT_EQ(verdict.error(), make_error_code(errc::checksum_mismatch));
    EXPECT_NE(verdict.error().detail().find("chunk " + std::to_string(at / 512)), std::string_view::npos);
  }
  auto bad = checksums;
  bad[4 * 3] ^= 1;
  EXPECT_EQ(first_bad_chunk(GetParam(), 512, bytes_of(data), bytes_of(bad)), 3U);
}

TEST_P(Checksum, ANumberOfChecksumsThatDoesNotFitIsAProtocolError) {
  const auto data = random_bytes(1024);
  const auto checksums = checksums_of(GetParam(), data, 512);
  for (const std::size_t size : {0U, 4U, 7U}) {
    EXPECT_EQ(verify_chunks(GetParam(), 512, bytes_of(data), bytes_of(checksums).first(size)).error(),
              make_error_code(errc::protocol_error));
  }
  EXPECT_EQ(verify_chunks(GetParam(), 512, bytes_of(data), bytes_of(checksums + "1234")).error(),
            make_error_code(errc::protocol_error));
  EXPECT_EQ(verify_chunks(GetParam(), 0, bytes_of(data), bytes_of(checksums)).error(),
            make_error_code(errc::protocol_error));
}

TEST(NullChecksum, HasNothingToCheck) {
  EXPECT_TRUE(verify_chunks(checksum_kind::null, 0, bytes_of("data"), {}));
  EXPECT_EQ(checksum_size(checksum_kind::null), 0U);
  EXPECT_EQ(checksum_size(checksum_kind::crc32c), 4U);
}

}  // namespace
}  // namespace hdfsmount::wire
