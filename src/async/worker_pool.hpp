#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <thread>
#include <type_traits>

#include "async/one_shot.hpp"
#include "base/clock.hpp"

namespace hdfsmount::async {

/// A few threads for work that may block (name service, cold disk reads), so that the io_context never does.
class worker_pool {
 public:
  explicit worker_pool(std::size_t threads) : pool_(std::make_unique<asio::thread_pool>(threads)) {}
  /// Waits a moment for work that is handing over its result, but not for work that hangs: its thread is left to the
  /// end of the process.
  ~worker_pool() {
    const auto limit = std::chrono::steady_clock::now() + moment;
    while (*unfinished_ > 0 && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(milliseconds(1));
    if (*unfinished_ > 0) static_cast<void>(pool_.release());
  }
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  /// Runs `work`, which returns a result<T>, on a pool thread. The waiting task gets it, or gives up at `deadline` or
  /// on cancellation while the work goes on; so `work` must own all it uses and must not throw.
  template <class Work>
  task<std::invoke_result_t<Work>> run(Work work, steady_time deadline) {
    auto done = std::make_shared<one_shot<typename std::invoke_result_t<Work>::value_type>>();
    start([done, work = std::move(work)]() mutable { done->set(work()); });
    co_return co_await done->wait(deadline);
  }

  /// Runs `work` on a pool thread; nobody waits for it. It must own all it uses and must not throw.
  template <class Work>
  void start(Work work) {
    ++*unfinished_;
    asio::post(*pool_, [unfinished = unfinished_, work = std::move(work)]() mutable {
      work();
      --*unfinished;
    });
  }

 private:
  static constexpr milliseconds moment{500};

  const std::shared_ptr<std::atomic<std::size_t>> unfinished_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::unique_ptr<asio::thread_pool> pool_;
};

}  // namespace hdfsmount::async
