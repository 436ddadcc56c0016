#pragma once

#include <cstdint>
#include <string>

#include "wire/proto_codec.hpp"

namespace hdfsmount::wire {

inline constexpr std::int16_t transfer_version = 28;
/// Texts of DataNodes are cut here.
inline constexpr std::size_t longest_server_text = 16 * 1024;

/// What every operation of the data transfer protocol looks like: version, operation code and delimited message.
template <class Proto>
std::string encode_operation(std::int8_t code, const Proto& message) {
  std::string out;
  append_big_endian(out, transfer_version);
  append_big_endian(out, code);
  append_delimited(out, encode_message(message));
  return out;
}

}  // namespace hdfsmount::wire
