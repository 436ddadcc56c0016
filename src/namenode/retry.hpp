#pragma once

#include "base/error.hpp"

namespace hdfsmount::namenode {

enum class retry {
  never,        ///< the answer is final, or nobody waits for one
  same_server,  ///< this NameNode may say something else in a while
  fail_over,    ///< ask another NameNode, if there is one
};

/// What to do with a call that failed by `what`. errc::timed_out is that of one attempt, not of the whole call.
retry retry_class(const error& what) noexcept;

/// Whether `what` says that no NameNode was reached, rather than what one has answered.
bool is_unreachable(const error& what) noexcept;

}  // namespace hdfsmount::namenode
