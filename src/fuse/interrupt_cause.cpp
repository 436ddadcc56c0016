#include "fuse/interrupt_cause.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string>

namespace hdfsmount::fuse {
namespace {

constexpr std::uint64_t bit(int signal) {
  return std::uint64_t{1} << (signal - 1);
}

constexpr auto stopping = bit(SIGKILL) | bit(SIGINT) | bit(SIGTERM) | bit(SIGQUIT) | bit(SIGHUP) | bit(SIGALRM);

constexpr std::array<long, 8> reading_calls{SYS_read,    SYS_pread64,  SYS_readv,  SYS_preadv,
                                            SYS_preadv2, SYS_sendfile, SYS_splice, SYS_copy_file_range};

/// The beginning of a file of /proc/TID; empty when it cannot be read.
std::string read_proc(pid_t thread, std::string_view name) {
  const int fd = ::open(fmt::format("/proc/{}/{}", thread, name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::string text(4096, '\0');
  const auto size = ::read(fd, text.data(), text.size());
  ::close(fd);
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

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
  const auto status = thread > 0 ? read_proc(thread, "status") : std::string();
  const auto pending = pending_signals(status);
  return !pending || (*pending & stopping) != 0;
}

bool is_reading(std::string_view syscall) {
  long number = -1;
  const auto [end, failure] = std::from_chars(syscall.data(), syscall.data() + syscall.size(), number);
  return failure == std::errc() && std::ranges::find(reading_calls, number) != reading_calls.end();
}

bool waits_in_vain(pid_t thread) {
  // Not by /proc, where threads may be hidden.
  if (::kill(thread, 0) != 0 && errno == ESRCH) return true;
  const auto status = read_proc(thread, "status");
  const auto pending = pending_signals(status);
  const auto blocked = mask_after(status, "\nSigBlk:\t");
  if (!pending || !blocked || (*pending & ~*blocked & stopping) == 0) return false;
  return is_reading(read_proc(thread, "syscall"));
}

}  // namespace hdfsmount::fuse
