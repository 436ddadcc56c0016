#include "wire/element_budget.hpp"

#include <algorithm>

namespace hdfsmount::wire {
namespace {

enum class wire_type : std::uint32_t { varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 };

class counter {
 public:
  explicit counter(std::size_t limit) : left_(limit) {}

  /// Recursion is as deep as the shape.
  result<void> count(byte_span message, std::span<const message_shape> shape) {
    cursor in(message);
    while (in.remaining() > 0) {
      const auto key = in.varint32();
      if (!key) return malformed();
      if (static_cast<wire_type>(*key & 7) != wire_type::delimited) {
        if (!skip(in, static_cast<wire_type>(*key & 7))) return malformed();
        continue;
      }
      const auto length = in.varint32();
      const auto body = length ? in.take(*length) : std::nullopt;
      if (!body) return malformed();
      const auto child = std::find_if(shape.begin(), shape.end(), [&](auto& s) { return s.field == *key >> 3; });
      if (child == shape.end()) continue;
      if (left_-- == 0) return error(errc::limit_exceeded, "too many elements in one message");
      if (child->children.empty()) continue;
      if (auto counted = count(*body, child->children); !counted) return counted;
    }
    return {};
  }

 private:
  static result<void> malformed() { return error(errc::protocol_error, "malformed message"); }

  /// Groups (types 3 and 4) occur nowhere in Hadoop's protocols and are refused.
  static bool skip(cursor& in, wire_type type) {
    switch (type) {
      case wire_type::varint:
        for (int i = 0; i < 10; ++i) {
          const auto byte = in.take(1);
          if (!byte) return false;
          if (std::to_integer<unsigned>(byte->front()) < 0x80) return true;
        }
        return false;
      case wire_type::fixed64:
        return in.take(8).has_value();
      case wire_type::fixed32:
        return in.take(4).has_value();
      case wire_type::delimited:
        break;
    }
    return false;
  }

  std::size_t left_;
};

}  // namespace

result<void> check_element_budget(byte_span message, std::span<const message_shape> shape, std::size_t limit) {
  return counter(limit).count(message, shape);
}

}  // namespace hdfsmount::wire
