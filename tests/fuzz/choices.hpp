#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/cursor.hpp"

namespace hdfsmount::fuzz {

/// Small decisions taken from the front of an input; zeros once it is used up.
class choices {
 public:
  explicit choices(byte_span input) noexcept : in_(input) {}

  template <class Integer>
  Integer integer() noexcept {
    const auto value = in_.big_endian<Integer>();
    if (!value) in_.take(in_.remaining());
    return value.value_or(0);
  }
  std::uint8_t byte() noexcept { return integer<std::uint8_t>(); }
  bool finished() const noexcept { return in_.remaining() == 0; }
  byte_span rest() const noexcept { return in_.rest(); }

 private:
  cursor in_;
};

/// Sizes of the pieces in which a stream arrives: `whole`, or a sequence of small, middling and large ones that `seed`
/// determines.
class piece_sizes {
 public:
  static piece_sizes whole() { return piece_sizes(0); }
  static piece_sizes mixed(std::uint8_t seed) { return piece_sizes(seed + 1U); }

  std::size_t next() noexcept {
    if (state_ == 0) return std::numeric_limits<std::size_t>::max();
    state_ = state_ * 48271U % 2147483647U;
    constexpr std::size_t limits[] = {1, 8, 600, 70'000};
    return 1 + (state_ >> 8) % limits[state_ & 3];
  }

 private:
  explicit piece_sizes(std::uint32_t state) noexcept : state_(state) {}
  std::uint32_t state_;
};

}  // namespace hdfsmount::fuzz
