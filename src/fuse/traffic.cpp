#include "fuse/traffic.hpp"

#include <cstring>
#include <string>

namespace hdfsmount::fuse {

traffic::traffic(metrics& numbers)
    : numbers_(numbers), in_flight_(numbers.get("fuse_in_flight")), forgets_(numbers.get("fuse_requests", "forget")) {
  for (std::size_t i = 0; i < operations; ++i)
    requests_[i] = &numbers.get("fuse_requests", fs::to_string(static_cast<fs::operation>(i)));
}

void traffic::arrived(fs::operation op) noexcept {
  requests_[static_cast<std::size_t>(op)]->add();
  in_flight_.add();
}

void traffic::answered(int error) noexcept {
  in_flight_.subtract();
  if (error == 0) return;
  auto& slot = errors_[static_cast<std::size_t>(error) < errors ? static_cast<std::size_t>(error) : 0];
  auto* found = slot.load(std::memory_order_acquire);
  if (found == nullptr) {
    const char* name = ::strerrorname_np(error);
    found = &numbers_.get("fuse_errors", name != nullptr ? std::string(name) : std::to_string(error));
    slot.store(found, std::memory_order_release);
  }
  found->add();
}

}  // namespace hdfsmount::fuse
