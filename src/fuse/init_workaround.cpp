#include "fuse/init_workaround.hpp"

#include <linux/fuse.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hdfsmount::fuse {
namespace {

/// `pieces` is what libfuse sends: a fuse_out_header, then a fuse_init_out, of which old kernels get the beginning.
void complete(iovec* pieces, int count) {
  if (count != 2 || pieces[0].iov_len != sizeof(fuse_out_header)) return;
  fuse_out_header header{};
  std::memcpy(&header, pieces[0].iov_base, sizeof header);
  constexpr auto at = offsetof(fuse_init_out, flags);
  std::uint32_t flags = 0;
  if (header.error != 0 || pieces[1].iov_len < at + sizeof flags) return;
  auto* place = static_cast<char*>(pieces[1].iov_base) + at;
  std::memcpy(&flags, place, sizeof flags);
  flags |= FUSE_PARALLEL_DIROPS;
  std::memcpy(place, &flags, sizeof flags);
}

}  // namespace

void init_workaround::arm(unsigned want) noexcept {
  armed_ = (want & FUSE_CAP_PARALLEL_DIROPS) != 0;
}

ssize_t init_workaround::write(int fd, iovec* pieces, int count) noexcept {
  if (armed_.load(std::memory_order_relaxed) && armed_.exchange(false)) complete(pieces, count);
  return ::writev(fd, pieces, count);
}

}  // namespace hdfsmount::fuse
