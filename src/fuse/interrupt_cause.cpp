#include "fuse/interrupt_cause.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace hdfsmount::fuse {
namespace {

constexpr std::uint64_t bit(int signal) {
  return std::uint64_t{1} << (signal - 1);
}

constexpr auto stopping = bit(SIGKILL) | bit(SIGINT) | bit(SIGTERM) | bit(SIGQUIT) | bit(SIGHUP) | bit(SIGALRM);

std::optional<std::uint64_t> mask_after(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const auto* begin = text.data() + at + key.size();
  std::uint64_t out = 0;
  const auto [end, failure] = std::from_chars(begin, text.data() + text.size(), out, 16);
  if (failure != std::errc() || end == begin) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::uint64_t> pending_signals(std::string_view status) {
  const auto own = mask_after(status, "\nSigPnd:\t");
  const auto shared = mask_after(status, "\nShdPnd:\t");
  if (!own || !shared) return std::nullopt;
  return *own | *shared;
}

bool is_meant_to_stop(pid_t thread) {
  const int fd = thread > 0 ? ::open(fmt::format("/proc/{}/status", thread).c_str(), O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return true;
  std::array<char, 4096> text;
  const auto size = ::read(fd, text.data(), text.size());
  ::close(fd);
  const auto pending = pending_signals({text.data(), size < 0 ? 0 : static_cast<std::size_t>(size)});
  return !pending || (*pending & stopping) != 0;
}

}  // namespace hdfsmount::fuse
