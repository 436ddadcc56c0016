#pragma once

#include <array>
#include <atomic>

#include "base/metrics.hpp"
#include "fs/errors.hpp"

namespace hdfsmount::fuse {

/// Counts requests (`fuse_requests` by operation), failed ones (`fuse_errors` by errno name) and those without an
/// answer yet (`fuse_in_flight`). Thread-safe; references to `numbers` are kept.
class traffic {
 public:
  explicit traffic(metrics& numbers);

  void arrived(fs::operation op) noexcept;
  /// `error` is an errno, 0 for success.
  void answered(int error) noexcept;
  /// Forgets need no answer and are never in flight.
  void forgot() noexcept { forgets_.add(); }
  std::int64_t in_flight() const noexcept { return in_flight_.value(); }

 private:
  static constexpr std::size_t operations = static_cast<std::size_t>(fs::operation::removexattr) + 1;
  static constexpr std::size_t errors = 134;  // Linux has errno 1 to 133

  metrics& numbers_;
  counter& in_flight_;
  counter& forgets_;
  std::array<counter*, operations> requests_{};
  std::array<std::atomic<counter*>, errors> errors_{};
};

}  // namespace hdfsmount::fuse
