#include "config/local_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "config/config_error.hpp"

namespace hdfsmount::config {
namespace {

constexpr std::size_t max_file_bytes = 16U << 20;

[[noreturn]] void fail(const std::string& path, std::string_view why) {
  throw config_error::of("cannot read {}: {}; correct it or name another directory with -o conf=DIR", path, why);
}

[[noreturn]] void fail_errno(const std::string& path) {
  fail(path, std::generic_category().message(errno));
}

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string read_local_file(const std::string& path) {
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) fail_errno(path);
  if (!S_ISREG(status.st_mode)) fail(path, "not a regular file");
  std::string content;
  char buffer[16384];
  for (;;) {
    const auto count = ::read(file.get(), buffer, sizeof buffer);
    if (count == 0) return content;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_errno(path);
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > max_file_bytes) fail(path, "larger than 16 MiB");
  }
}

}  // namespace hdfsmount::config
