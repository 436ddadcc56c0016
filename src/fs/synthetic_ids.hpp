#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hdfsmount::fs {

/// Numbers for names that the system does not know: by hash within a range, the next free one when two names meet. The
/// same in every run, unless names that collide come in another order. Thread-safe.
class synthetic_ids {
 public:
  synthetic_ids(std::uint32_t base, std::uint32_t count, std::size_t limit)
      : base_(base), count_(count), limit_(limit) {}

  std::uint32_t id_of(std::string_view name);
  std::optional<std::string> name_of(std::uint32_t id) const;

 private:
  mutable std::mutex mutex_;  // leaf
  const std::uint32_t base_;
  const std::uint32_t count_;
  const std::size_t limit_;  ///< names beyond it still get their hash, but it does not map back
  std::unordered_map<std::uint32_t, std::string> names_;
};

}  // namespace hdfsmount::fs
