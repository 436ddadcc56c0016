#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hdfsmount::config {

using std::chrono::nanoseconds;

/// `text` without leading and trailing characters up to and including the space, as Java's String.trim().
std::string_view trim(std::string_view text);

/// A whole number, decimal or with 0x in hexadecimal, optionally negative (Hadoop: Configuration.getLong).
std::optional<std::int64_t> parse_integer(std::string_view text);

/// A number of bytes with an optional binary suffix k, m, g, t, p or e in either case (Hadoop: getLongBytes).
std::optional<std::int64_t> parse_size(std::string_view text);

/// "true" or "false" in any case.
std::optional<bool> parse_bool(std::string_view text);

/// A time with an optional suffix ns, us, ms, s, m, h or d in either case; without one it counts in `unit` (Hadoop:
/// getTimeDuration). Unlike Hadoop it also takes decimals, as FUSE users write them ("0.5"). Anything above ten years
/// becomes ten years, so that deadlines can be computed without overflow.
std::optional<nanoseconds> parse_duration(std::string_view text, nanoseconds unit);

/// A file mode in octal, 0 to 0777.
std::optional<unsigned> parse_octal_mode(std::string_view text);

/// The trimmed, non-empty items of a comma-separated list (Hadoop: getTrimmedStringCollection).
std::vector<std::string> parse_list(std::string_view text);

}  // namespace hdfsmount::config
