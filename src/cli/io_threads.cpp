#include "cli/io_threads.hpp"

#include <exception>

namespace hdfsmount::cli {

io_threads::io_threads(unsigned count, logger& log)
    : log_(log), context_(static_cast<int>(count)), guard_(boost::asio::make_work_guard(context_)), running_(count) {
  for (unsigned i = 0; i < count; ++i)
    threads_.emplace_back([this] {
      context_.run();
      const std::lock_guard lock(mutex_);
      --running_;
      ended_.notify_all();
    });
}

io_threads::~io_threads() {
  context_.stop();
  for (auto& thread : threads_) thread.join();
}

bool io_threads::drain(milliseconds patience) {
  guard_.reset();
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, patience, [this] { return running_ == 0; });
}

}  // namespace hdfsmount::cli
