#include "fuse/captured_stderr.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <string_view>
#include <utility>

namespace hdfsmount::fuse {
namespace {

void write_through(std::string_view text) {
  constexpr int patience_ms = 1'000;
  while (!text.empty()) {
    pollfd writable{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&writable, 1, patience_ms) != 1) return;
    const auto count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count <= 0) return;  // nobody reads standard error, and there is no other place to say so
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string read_everything(int fd) {
  std::string out;
  std::array<char, 1024> chunk;
  ::lseek(fd, 0, SEEK_SET);
  for (ssize_t count = 0; (count = ::read(fd, chunk.data(), chunk.size())) > 0;)
    out.append(chunk.data(), static_cast<std::size_t>(count));
  return out;
}

}  // namespace

captured_stderr::captured_stderr() : memory_(::memfd_create("hdfsmount-stderr", MFD_CLOEXEC)) {
  if (memory_ < 0) return;
  saved_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (saved_ >= 0) ::dup2(memory_, STDERR_FILENO);
}

captured_stderr::~captured_stderr() {
  finish();
}

std::string captured_stderr::finish() {
  std::string found;
  if (saved_ >= 0) {
    ::dup2(saved_, STDERR_FILENO);
    ::close(std::exchange(saved_, -1));
    std::istringstream lines(read_everything(memory_));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("fusermount")) {
        write_through(line + "\n");
      } else if (const auto colon = line.find(": "); colon != std::string::npos) {
        found = line.substr(colon + 2);
      }
    }
  }
  if (memory_ >= 0) ::close(std::exchange(memory_, -1));
  return found;
}

}  // namespace hdfsmount::fuse
