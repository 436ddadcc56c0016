#pragma once

#include <cstddef>
#include <stdexcept>

namespace hdfsmount::fuzz {

class broken_promise : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

inline void promise(bool kept, const char* what) {
  if (!kept) throw broken_promise(what);
}

/// Watches what this thread takes from operator new. One at a time.
class heap_meter {
 public:
  heap_meter() noexcept;
  /// Most bytes that were in use at one time since the meter was made, over what was in use then.
  std::size_t peak() const noexcept;
};

/// Runs `decode` and promises that it takes at most `fixed` bytes of memory and `factor` for each byte of input.
template <class Decode>
auto within_memory(std::size_t fixed, std::size_t factor, std::size_t input, Decode decode) {
  const heap_meter meter;
  auto out = decode();
  promise(meter.peak() <= fixed + factor * input, "memory is bounded by the size of the input");
  return out;
}

/// Of decoders without repeated messages: strings of the message, their copies, an error's text.
inline constexpr std::size_t flat_memory = 8 * 1024;
inline constexpr std::size_t flat_factor = 8;
/// Of those behind element_budget: an arena's blocks, and the empty messages that two bytes stand for.
inline constexpr std::size_t nested_memory = 64 * 1024;
inline constexpr std::size_t nested_factor = 250;

}  // namespace hdfsmount::fuzz
