#pragma once

#include <memory>

#include "fs/file_record.hpp"

namespace hdfsmount::fs::testing {

/// What the NameNode might have said of a file at `when`.
inline record_ptr record(std::uint64_t id, file_type type, steady_time when, bool by_path = true) {
  auto out = std::make_shared<file_record>();
  out->id = file_id(id);
  out->attr.type = type;
  out->attr.mode = 0755;
  out->owner = "alice";
  out->by_path = by_path;
  out->asked = out->received = when;
  return out;
}

}  // namespace hdfsmount::fs::testing
