#include "rpc/caller_context.hpp"

#include <fmt/format.h>

namespace hdfsmount::rpc {

std::string caller_context(std::string_view prefix, const caller& who) {
  const auto suffix = fmt::format(",uid:{},pid:{}", who.uid, who.pid);
  std::string out;
  for (const char c : prefix.substr(0, longest_caller_context - suffix.size())) {
    const auto code = static_cast<unsigned char>(c);
    out.push_back(code <= 0x20 || code >= 0x7f || c == '=' ? '_' : c);
  }
  return out + suffix;
}

}  // namespace hdfsmount::rpc
