#pragma once

#include <climits>
#include <string>

#include "base/cursor.hpp"
#include "base/result.hpp"

namespace hdfsmount::wire {

/// Parses one message from exactly these bytes. errc::protocol_error when they are malformed, end early, or lack a
/// required field. Memory: a few times the bytes where the message's type holds no messages. One that does may cost
/// about a hundred times the bytes, and protobuf believes the length of a message within it, taking up to 50 MB for a
/// string that is said to be there: such types need check_element_budget first.
template <class Proto>
result<void> decode_message_into(byte_span bytes, Proto& into) {
  if (bytes.size() > INT_MAX) return error(errc::limit_exceeded, "message too long");
  // Not ParseFromArray: that one writes to standard error.
  if (!into.ParsePartialFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return error(errc::protocol_error, "malformed " + into.GetTypeName());
  if (!into.IsInitialized()) return error(errc::protocol_error, "incomplete " + into.GetTypeName());
  return {};
}

template <class Proto>
result<Proto> decode_message(byte_span bytes) {
  Proto message;
  if (auto decoded = decode_message_into(bytes, message); !decoded) return decoded.error();
  return message;
}

template <class Proto>
std::string encode_message(const Proto& message) {
  return message.SerializeAsString();
}

/// The bytes of a string, for decoders.
inline byte_span as_byte_span(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

/// Appends in network byte order.
template <class Integer>
void append_big_endian(std::string& out, Integer value) {
  for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::make_unsigned_t<Integer>>(value) >> shift & 0xff));
}

/// Appends `length` as a protobuf varint: what stands before a delimited message.
inline void append_varint(std::string& out, std::uint32_t length) {
  for (; length >= 0x80; length >>= 7) out.push_back(static_cast<char>(length | 0x80));
  out.push_back(static_cast<char>(length));
}

inline void append_delimited(std::string& out, std::string_view message) {
  append_varint(out, static_cast<std::uint32_t>(message.size()));
  out.append(message);
}

}  // namespace hdfsmount::wire
