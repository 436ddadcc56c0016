#include "base/cursor.hpp"

#include <gtest/gtest.h>

#include <array>

namespace hdfsmount {
namespace {

template <std::size_t N>
byte_span bytes(const std::array<unsigned char, N>& raw) {
  return std::as_bytes(std::span(raw));
}

TEST(Cursor, ReadsBigEndianIntegersInOrder) {
  const std::array<unsigned char, 7> raw{0x01, 0x02, 0xff, 0xff, 0xff, 0xfe, 0x07};
  cursor in(bytes(raw));
  EXPECT_EQ(in.big_endian<std::uint16_t>(), 0x0102);
  EXPECT_EQ(in.big_endian<std::int32_t>(), -2);
  EXPECT_EQ(in.remaining(), 1U);
}

TEST(Cursor, FailedReadLeavesThePositionAlone) {
  const std::array<unsigned char, 3> raw{1, 2, 3};
  cursor in(bytes(raw));
  EXPECT_FALSE(in.big_endian<std::uint32_t>());
  EXPECT_FALSE(in.take(4));
  EXPECT_EQ(in.remaining(), 3U);
}

TEST(Cursor, DecodesVarintsUpTo32Bits) {
  const std::array<unsigned char, 8> raw{0x00, 0xac, 0x02, 0xff, 0xff, 0xff, 0xff, 0x0f};
  cursor in(bytes(raw));
  EXPECT_EQ(in.varint32(), 0U);
  EXPECT_EQ(in.varint32(), 300U);
  EXPECT_EQ(in.varint32(), UINT32_MAX);
}

TEST(Cursor, RefusesVarintsThatAreCutOrTooLarge) {
  const std::array<unsigned char, 2> cut{0x80, 0x80};
  EXPECT_FALSE(cursor(bytes(cut)).varint32());
  const std::array<unsigned char, 5> large{0xff, 0xff, 0xff, 0xff, 0x1f};
  EXPECT_FALSE(cursor(bytes(large)).varint32());
  const std::array<unsigned char, 6> long_form{0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  EXPECT_FALSE(cursor(bytes(long_form)).varint32());
}

}  // namespace
}  // namespace hdfsmount
