#pragma once

#include <string>
#include <string_view>

#include "base/caller.hpp"

namespace hdfsmount::rpc {

/// What servers cut longer contexts to (hadoop.caller.context.max.size).
inline constexpr std::size_t longest_caller_context = 128;

/// "PREFIX,uid:1000,pid:4711" for the audit log, whose lines are made of KEY=VALUE and tabs: those characters, spaces
/// and control characters in the prefix become '_'. A prefix that is too long is cut, not the caller behind it.
/// (org.apache.hadoop.ipc.CallerContext)
std::string caller_context(std::string_view prefix, const caller& who);

}  // namespace hdfsmount::rpc
