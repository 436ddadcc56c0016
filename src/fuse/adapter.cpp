#include "fuse/adapter.hpp"

namespace hdfsmount::fuse {

adapter::adapter(fs::file_system& files, const fs::identity_mapper& users, async::executor executor, logger& log,
                 metrics& numbers, options settings)
    : files_(files), users_(users), executor_(std::move(executor)), log_(log), traffic_(numbers), settings_(settings) {}

ssize_t adapter::write_answer(int fd, iovec* pieces, int count, void* userdata) noexcept {
  return static_cast<adapter*>(userdata)->workaround_.write(fd, pieces, count);
}

bool adapter::cancel_requests(milliseconds patience) {
  running_.cancel_all();
  return running_.wait_until_empty(patience);
}

}  // namespace hdfsmount::fuse
