#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace hdfsmount {

/// An integer that cannot be mixed up with another kind of integer.
template <class Tag, class Integer>
class strong_id {
 public:
  using integer = Integer;
  constexpr strong_id() = default;
  constexpr explicit strong_id(Integer value) noexcept : value_(value) {}
  constexpr Integer value() const noexcept { return value_; }
  friend constexpr auto operator<=>(strong_id, strong_id) noexcept = default;

 private:
  Integer value_ = 0;
};

using block_id = strong_id<struct block_id_tag, std::uint64_t>;
using generation_stamp = strong_id<struct generation_stamp_tag, std::uint64_t>;
/// The NameNode's id of a file or directory. Snapshot copies share it, name spaces reuse it, `.snapshot` has none (0).
using file_id = strong_id<struct file_id_tag, std::uint64_t>;
/// Key of the inode table and the nodeid the kernel sees; private to one mount, 1 is the root.
using inode_id = strong_id<struct inode_id_tag, std::uint64_t>;
/// Number of one file system request, for log lines.
using request_id = strong_id<struct request_id_tag, std::uint64_t>;

}  // namespace hdfsmount

template <class Tag, class Integer>
struct std::hash<hdfsmount::strong_id<Tag, Integer>> {
  std::size_t operator()(hdfsmount::strong_id<Tag, Integer> id) const noexcept {
    return std::hash<Integer>{}(id.value());
  }
};
