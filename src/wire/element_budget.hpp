#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/cursor.hpp"
#include "base/result.hpp"

namespace hdfsmount::wire {

/// Which fields of a message are expensive to parse: messages and repeated strings cost up to some 250 bytes of memory
/// for two on the wire.
struct message_shape {
  std::uint32_t field;
  std::span<const message_shape> children;  ///< empty: it is not looked into
};

/// Counts those fields, in every depth the shape names, without allocating anything. errc::limit_exceeded when there
/// are more than `limit`, errc::protocol_error when the bytes are no message or announce more than is there. Run before
/// parsing a message of a type that holds messages; the shape names all of those.
result<void> check_element_budget(byte_span message, std::span<const message_shape> shape, std::size_t limit);

}  // namespace hdfsmount::wire
