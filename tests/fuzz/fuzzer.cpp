#include <cstddef>
#include <cstdint>
#include <span>

#include "targets.hpp"

/// libFuzzer's way into one target. What a target throws ends the program, which libFuzzer reports as a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hdfsmount::fuzz::FUZZ_TARGET(std::as_bytes(std::span(data, size)));
  return 0;
}
