#pragma once

#include "base/cursor.hpp"

/// Fuzz targets: each hands bytes of nobody's making to one decoder or machine and checks what that promises. A target
/// returns when every promise was kept, for bytes that were refused as well as for those that were accepted; whatever
/// it throws is a bug of the decoder. Targets keep no state, so an input always does the same.
///
/// libFuzzer runs them one a program (fuzzer.cpp), and unit_fuzz all of them over tests/fuzz/corpus (corpus_test.cpp).
/// The list is in meson.build.
namespace hdfsmount::fuzz {

#define TARGET(name) void name(byte_span input);
FUZZ_TARGETS
#undef TARGET

}  // namespace hdfsmount::fuzz
