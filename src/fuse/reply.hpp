#pragma once

#include <span>
#include <string>

#include "base/log.hpp"
#include "fs/file_system.hpp"
#include "fuse/libfuse.hpp"
#include "fuse/traffic.hpp"

namespace hdfsmount::fuse {

/// The one answer to one request of the kernel. Exactly one member that answers may be called; it ends the request, and
/// the fuse_req_t must not be touched after it. Dropped unanswered, it logs a bug and sends EIO. Callable from any
/// thread.
///
/// Members that answer return false when the kernel did not take the answer (the program was killed meanwhile, or the
/// mount is gone): whatever the kernel would have had to give back later must then be undone.
class reply {
 public:
  reply(fuse_req_t raw, fs::operation op, traffic& counts, logger& log);
  reply(reply&& other) noexcept;
  reply& operator=(reply&&) = delete;
  ~reply();

  /// `errno_value` 0 says "done" to operations that have no other answer.
  bool error(int errno_value);
  bool entry(const fs::entry& found);
  bool attributes(const fs::attribute_reply& found);
  /// `flags` is sent as it is; only fh and the bits that the kernel reads in an answer matter.
  bool opened(const fuse_file_info& flags);
  /// Without a copy in this process.
  bool data(const hdfs::read_data& bytes);
  bool buffer(std::span<const char> bytes);
  bool link_target(const std::string& target);
  bool statistics(const fs::statistics& numbers);

  /// Null once answered.
  fuse_req_t raw() const noexcept { return raw_; }

 private:
  /// Gives up the request, or null with a log line when it was answered before.
  fuse_req_t take(int errno_value) noexcept;

  fuse_req_t raw_;
  fs::operation op_;
  traffic& counts_;
  logger& log_;
};

/// What stat(2) shows, as the kernel wants it.
struct stat to_stat(const fs::attributes& attr);
fuse_entry_param to_entry_param(const fs::entry& found);

}  // namespace hdfsmount::fuse
