#pragma once

#include <chrono>

namespace hdfsmount {

using steady_time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Time for everything that expires; tests replace it. Thread-safe.
class clock_source {
 public:
  virtual ~clock_source() = default;
  virtual steady_time now() const noexcept { return std::chrono::steady_clock::now(); }
};

}  // namespace hdfsmount
