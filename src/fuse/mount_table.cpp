#include "fuse/mount_table.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace hdfsmount::fuse {
namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text.substr(i, 4);
    if (code.size() == 4 && code[0] == '\\' && std::all_of(code.begin() + 1, code.end(), is_octal)) {
      out.push_back(static_cast<char>((code[1] - '0') << 6 | (code[2] - '0') << 3 | (code[3] - '0')));
      i += 3;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::optional<mount_entry> parse_line(const std::string& line) {
  std::istringstream stream(line);
  const std::vector<std::string> fields{std::istream_iterator<std::string>(stream), {}};
  // 36 35 98:0 /root /point options optional-fields... - type source super-options
  const auto dash = std::find(fields.begin(), fields.end(), "-");
  if (dash - fields.begin() < 6 || fields.end() - dash < 4) return std::nullopt;
  mount_entry out;
  out.device = fields[2];
  out.mount_point = unescape(fields[4]);
  out.type = unescape(dash[1]);
  out.source = unescape(dash[2]);
  out.super_options = unescape(dash[3]);
  return out;
}

}  // namespace

std::vector<mount_entry> parse_mount_table(std::string_view text) {
  std::vector<mount_entry> out;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);)
    if (auto entry = parse_line(line)) out.push_back(std::move(*entry));
  return out;
}

std::optional<mount_entry> find_mount(const std::string& mount_point) {
  std::ifstream file("/proc/self/mountinfo");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto all = parse_mount_table(text);
  const auto found =
      std::find_if(all.rbegin(), all.rend(), [&](const auto& entry) { return entry.mount_point == mount_point; });
  if (found == all.rend()) return std::nullopt;
  return *found;
}

}  // namespace hdfsmount::fuse
