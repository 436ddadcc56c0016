#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace hdfsmount {

using byte_span = std::span<const std::byte>;

/// Reads integers (network byte order), varints and slices from a span. Every read is checked; a failed one returns
/// nothing and leaves the position where it was.
class cursor {
 public:
  explicit cursor(byte_span bytes) noexcept : rest_(bytes) {}

  std::size_t remaining() const noexcept { return rest_.size(); }
  byte_span rest() const noexcept { return rest_; }

  std::optional<byte_span> take(std::size_t count) noexcept {
    if (count > rest_.size()) return std::nullopt;
    const auto slice = rest_.first(count);
    rest_ = rest_.subspan(count);
    return slice;
  }

  template <class Integer>
  std::optional<Integer> big_endian() noexcept {
    const auto bytes = take(sizeof(Integer));
    if (!bytes) return std::nullopt;
    std::make_unsigned_t<Integer> value = 0;
    for (const auto b : *bytes)
      value = static_cast<std::make_unsigned_t<Integer>>(value << 8 | std::to_integer<unsigned>(b));
    return static_cast<Integer>(value);
  }

  /// Protobuf's variable-length unsigned integer, at most 32 bits and five bytes.
  std::optional<std::uint32_t> varint32() noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 5 && i < rest_.size(); ++i) {
      const auto b = std::to_integer<std::uint64_t>(rest_[i]);
      value |= (b & 0x7f) << (7 * i);
      if (b & 0x80) continue;
      if (value > UINT32_MAX) return std::nullopt;
      rest_ = rest_.subspan(i + 1);
      return static_cast<std::uint32_t>(value);
    }
    return std::nullopt;
  }

 private:
  byte_span rest_;
};

}  // namespace hdfsmount
