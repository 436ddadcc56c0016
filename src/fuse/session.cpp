#include "fuse/session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "fuse/captured_stderr.hpp"
#include "fuse/kernel_features.hpp"
#include "fuse/mount_table.hpp"

namespace hdfsmount::fuse {
namespace {

/// libfuse splits option lists at commas and takes a backslash as an escape.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string mount_options(const mount_request& request) {
  auto out = fmt::format("fsname={},subtype=hdfsmount,max_read={}", escaped(request.source), max_request_size);
  out += request.read_only ? ",ro" : ",rw";
  if (request.allow_other) out += ",allow_other";
  if (request.default_permissions) out += ",default_permissions";
  out += request.nosuid ? ",nosuid" : ",suid";
  out += request.nodev ? ",nodev" : ",dev";
  if (request.noexec) out += ",noexec";
  return out;
}

int serve(fuse_session* raw, unsigned threads) {
#if FUSE_USE_VERSION >= 312
  auto* config = fuse_loop_cfg_create();
  fuse_loop_cfg_set_clone_fd(config, 1);
  fuse_loop_cfg_set_max_threads(config, threads);
  fuse_loop_cfg_set_idle_threads(config, threads);
  const int outcome = fuse_session_loop_mt(raw, config);
  fuse_loop_cfg_destroy(config);
  return outcome;
#else
  // Without a limit on threads; there are never more than requests that are being decoded at one moment.
  fuse_loop_config config{.clone_fd = 1, .max_idle_threads = threads};
  return fuse_session_loop_mt(raw, &config);
#endif
}

/// Puts adapter::write_answer() between libfuse and the device, where that is needed and can be done.
void complete_answers([[maybe_unused]] fuse_session* raw) {
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 13) && FUSE_VERSION < FUSE_MAKE_VERSION(3, 17)
  fuse_custom_io io{};
  io.writev = adapter::write_answer;
  io.read = [](int fd, void* into, std::size_t size, void*) { return ::read(fd, into, size); };
  if (fuse_session_custom_io(raw, &io, fuse_session_fd(raw)) != 0) throw mount_error("out of memory");
#endif
}

/// Interrupts the wait of the thread in run(). Real-time, so that nobody else means anything by it.
int wake_signal() {
  return SIGRTMIN;
}

void install_wake_signal() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(wake_signal(), &action, nullptr);
}

}  // namespace

void check_fuse_device() {
  const int fd = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (fd >= 0) {
    ::close(fd);
    return;
  }
  switch (errno) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      throw mount_error(
          "cannot open /dev/fuse: the kernel module fuse is not loaded (modprobe fuse), or the container "
          "was not given the device");
    case EACCES:
    case EPERM:
      throw mount_error(
          "cannot open /dev/fuse: permission denied; run as root, or ask for read and write access to "
          "the device (in a container: --device /dev/fuse)");
    default:
      throw mount_error(fmt::format("cannot open /dev/fuse: {}", std::strerror(errno)));
  }
}

session::session(adapter& target, mount_request request, logger& log)
    : request_(std::move(request)), log_(log), messages_(log) {
  std::string program = "hdfsmount";
  std::string flag = "-o";
  auto options = mount_options(request_);
  std::vector<char*> words{program.data(), flag.data(), options.data()};
  fuse_args arguments FUSE_ARGS_INIT(static_cast<int>(words.size()), words.data());
  messages_.begin_capture();
  const auto& table = adapter::operations();
  raw_.reset(fuse_session_new(&arguments, &table, sizeof table, &target));
  fuse_opt_free_args(&arguments);
  const auto said = messages_.end_capture();
  if (!raw_) throw mount_error("libfuse refuses the mount options" + (said.empty() ? "" : ": " + said.front()));
}

session::~session() {
  unmount();
}

void session::mount() {
  messages_.begin_capture();
  captured_stderr helper;  // fusermount3 says there what it does not like
  const bool done = fuse_session_mount(raw_.get(), request_.mount_point.c_str()) == 0;
  auto said = messages_.end_capture();
  if (const auto text = helper.finish(); !text.empty()) said.insert(said.begin(), text);
  if (!done) {
    const auto why = said.empty() ? std::string("libfuse gives no reason") : printable(said.front());
    throw mount_error(fmt::format("cannot mount on {}: {}", request_.mount_point, why));
  }
  mounted_ = true;
  for (const auto& line : said) log_.info("libfuse: {}", line);
  complete_answers(raw_.get());
}

result<void> session::run() {
  install_wake_signal();
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
    loop_thread_ = ::pthread_self();
  }
  const int outcome = serve(raw_.get(), request_.reader_threads);
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
  }
  ended_.notify_all();
  if (outcome < 0) return error(boost::system::error_code(-outcome, boost::system::system_category()), "/dev/fuse");
  return {};
}

void session::stop() {
  fuse_session_exit(raw_.get());
  std::unique_lock lock(mutex_);
  // Repeated, because a signal that comes just before the thread waits wakes nobody.
  while (running_) {
    ::pthread_kill(loop_thread_, wake_signal());
    ended_.wait_for(lock, milliseconds(10));
  }
}

void session::unmount() noexcept {
  if (!mounted_) return;
  mounted_ = false;
  fuse_session_unmount(raw_.get());
}

result<void> raise_read_ahead(const std::string& mount_point, unsigned kib) {
  const auto found = find_mount(mount_point);
  if (!found) return error(errc::invalid_name, mount_point + " is not in the mount table");
  const auto path = "/sys/class/bdi/" + found->device + "/read_ahead_kb";
  errno = 0;
  std::ofstream file(path);
  file << kib << std::flush;
  if (!file) return error(boost::system::error_code(errno, boost::system::system_category()), path);
  return {};
}

}  // namespace hdfsmount::fuse
