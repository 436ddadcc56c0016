#include "fs/names.hpp"

#include "fs/errors.hpp"

namespace hdfsmount::fs {
namespace {

/// Length of the character that starts `text`; 0 when there is none.
std::size_t utf8_character(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  const auto second = at(1);
  if (first == 0xe0 && second < 0xa0) return 0;  // overlong
  if (first == 0xed && second > 0x9f) return 0;  // surrogates
  if (first == 0xf0 && second < 0x90) return 0;  // overlong
  if (first == 0xf4 && second > 0x8f) return 0;  // above U+10FFFF
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto length = utf8_character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

result<void> check_name(std::string_view name) {
  if (name.size() > name_max) return make_error(fs_errc::name_too_long);
  if (!is_utf8(name)) return error(errc::invalid_name, "not UTF-8");
  if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view(":/\0", 3)) != name.npos)
    return make_error(fs_errc::not_found);
  return {};
}

std::uint64_t stable_hash(std::uint64_t seed, std::string_view text) noexcept {
  std::uint64_t h = 0xcbf29ce484222325U;
  const auto add = [&h](unsigned char b) { h = (h ^ b) * 0x100000001b3U; };
  for (int shift = 0; shift < 64; shift += 8) add(static_cast<unsigned char>(seed >> shift));
  for (const char c : text) add(static_cast<unsigned char>(c));
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdU;
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53U;
  return h ^ (h >> 33);
}

std::string join(std::string_view directory, std::string_view name) {
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  path.append(directory);
  if (!path.ends_with('/')) path.push_back('/');
  path.append(name);
  return path;
}

std::string inode_path(file_id id) {
  return "/.reserved/.inodes/" + std::to_string(id.value());
}

}  // namespace hdfsmount::fs
