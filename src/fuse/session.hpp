#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "base/result.hpp"
#include "fuse/adapter.hpp"
#include "fuse/libfuse_log.hpp"

namespace hdfsmount::fuse {

/// How the file system is to appear in the mount table.
struct mount_request {
  mount_request(std::string mount_point_, std::string source_)
      : mount_point(std::move(mount_point_)), source(std::move(source_)) {}

  std::string mount_point;  ///< absolute and resolved
  std::string source;       ///< shown as the device; the type is fuse.hdfsmount
  bool read_only = false;
  bool allow_other = false;
  bool default_permissions = false;
  bool nosuid = true;
  bool nodev = true;
  bool noexec = false;
  unsigned reader_threads = 4;  ///< at most; they only decode, so a few serve any number of waiting requests
};

/// Nothing was mounted; what() is one line for a person.
class mount_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws mount_error when this process may not use /dev/fuse.
void check_fuse_device();

/// One mount: made by libfuse, served by its reader threads until it is unmounted from outside or stop() is called.
class session {
 public:
  /// `target` and `log` must outlive the session. At most one session per process at a time.
  session(adapter& target, mount_request request, logger& log);
  /// Unmounts if that was not done. No task of the adapter may be left that has still to answer.
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Throws mount_error.
  void mount();
  /// Serves requests; returns after an unmount from outside or stop(). An error when the device failed.
  result<void> run();
  /// Makes run() return. Waits for that; callable from any thread but those that serve requests, also before run().
  void stop();
  /// Takes the mount away, also when programs still use it (they get ENOTCONN). Does nothing when it is gone already.
  void unmount() noexcept;

 private:
  struct raw_session_deleter {
    void operator()(fuse_session* raw) const noexcept { fuse_session_destroy(raw); }
  };

  const mount_request request_;
  logger& log_;
  libfuse_log messages_;
  std::unique_ptr<fuse_session, raw_session_deleter> raw_;
  bool mounted_ = false;

  std::mutex mutex_;  // leaf
  std::condition_variable ended_;
  bool running_ = false;
  pthread_t loop_thread_{};
};

/// Raises the kernel's read-ahead for the mount, which is 128 KiB whatever the daemon says in INIT. Needs root.
result<void> raise_read_ahead(const std::string& mount_point, unsigned kib);

}  // namespace hdfsmount::fuse
