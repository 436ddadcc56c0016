#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace hdfsmount::config {
namespace {

constexpr nanoseconds longest_duration = std::chrono::hours(24 * 3650);

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return out;
}

template <class Number, class... Format>
std::optional<Number> whole(std::string_view text, Format... format) {
  Number value{};
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, format...);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

struct time_suffix {
  std::string_view text;
  nanoseconds unit;
};

// The two-letter suffixes come before "s", which they end in.
constexpr std::array time_suffixes{
    time_suffix{"ns", nanoseconds(1)},
    time_suffix{"us", std::chrono::microseconds(1)},
    time_suffix{"ms", std::chrono::milliseconds(1)},
    time_suffix{"s", std::chrono::seconds(1)},
    time_suffix{"m", std::chrono::minutes(1)},
    time_suffix{"h", std::chrono::hours(1)},
    time_suffix{"d", std::chrono::hours(24)},
};

}  // namespace

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto digits = text.substr(negative ? 1 : 0);
  if (!digits.starts_with("0x") && !digits.starts_with("0X")) return whole<std::int64_t>(text);
  const auto value = whole<std::uint64_t>(digits.substr(2), 16);
  if (!value || *value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(*value) : static_cast<std::int64_t>(*value);
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  if (text.empty()) return std::nullopt;
  constexpr std::string_view suffixes = "kmgtpe";
  const auto position = suffixes.find(lower(text.substr(text.size() - 1)));
  if (position == std::string_view::npos) return whole<std::int64_t>(text);
  const auto value = whole<std::int64_t>(text.substr(0, text.size() - 1));
  std::int64_t bytes = 0;
  if (!value || __builtin_mul_overflow(*value, std::int64_t{1} << (10 * (position + 1)), &bytes)) return std::nullopt;
  return bytes;
}

std::optional<bool> parse_bool(std::string_view text) {
  const auto word = lower(text);
  if (word == "true") return true;
  if (word == "false") return false;
  return std::nullopt;
}

std::optional<nanoseconds> parse_duration(std::string_view text, nanoseconds unit) {
  const auto word = lower(text);
  std::string_view number = word;
  for (const auto& suffix : time_suffixes) {
    if (!number.ends_with(suffix.text)) continue;
    number.remove_suffix(suffix.text.size());
    unit = suffix.unit;
    break;
  }
  if (const auto count = whole<std::int64_t>(number)) {
    if (*count > longest_duration / unit) return longest_duration;
    if (*count < -(longest_duration / unit)) return -longest_duration;
    return *count * unit;
  }
  const auto decimal = whole<double>(number, std::chars_format::fixed);
  if (!decimal || !std::isfinite(*decimal)) return std::nullopt;
  const auto limit = static_cast<double>(longest_duration.count());
  return nanoseconds(std::llround(std::clamp(*decimal * static_cast<double>(unit.count()), -limit, limit)));
}

std::optional<unsigned> parse_octal_mode(std::string_view text) {
  const auto mode = whole<unsigned>(text, 8);
  return mode && *mode <= 0777 ? mode : std::nullopt;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (const auto item = trim(text.substr(0, comma)); !item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

}  // namespace hdfsmount::config
