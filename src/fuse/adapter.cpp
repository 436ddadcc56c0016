#include "fuse/adapter.hpp"

#include "fuse/interrupt_cause.hpp"

namespace hdfsmount::fuse {

adapter::adapter(fs::file_system& files, const fs::identity_mapper& users, async::executor executor, logger& log,
                 metrics& numbers, options settings)
    : files_(files),
      users_(users),
      executor_(std::move(executor)),
      log_(log),
      traffic_(numbers),
      settings_(settings),
      slow_reads_(running_, waits_in_vain, executor_, log, slow_reads::options()) {}

ssize_t adapter::write_answer(int fd, iovec* pieces, int count, void* userdata) noexcept {
  return static_cast<adapter*>(userdata)->workaround_.write(fd, pieces, count);
}

bool adapter::cancel_requests(milliseconds patience) {
  slow_reads_.stop();
  running_.cancel_all();
  return running_.wait_until_empty(patience);
}

}  // namespace hdfsmount::fuse
