#pragma once

/// The vocabulary of everything above wire/: what NameNodes and DataNodes tell us, as plain values without protobuf.
/// Whoever decodes one of these has checked it: lengths and offsets fit a signed 64-bit integer and do not overflow,
/// ports exist, blocks ascend. Names and texts stay untrusted.
#include "wire/checksum_kind.hpp"
#include "wire/file_status.hpp"
#include "wire/file_system_info.hpp"
#include "wire/located_block.hpp"
#include "wire/token.hpp"
