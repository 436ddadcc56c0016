#pragma once

#include <cstdint>

#include "base/caller.hpp"
#include "fs/errors.hpp"

namespace hdfsmount::fs {

/// One request of the kernel. The deadline bounds it in total.
struct request {
  request(operation op_, call_context context_) : op(op_), context(std::move(context_)) {}

  operation op;
  call_context context;
};

/// Key of an open file or directory; private to one mount, never reused, never 0.
using handle_id = strong_id<struct handle_id_tag, std::uint64_t>;

}  // namespace hdfsmount::fs
