#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <type_traits>

#include "async/one_shot.hpp"

namespace hdfsmount::async {

/// A few threads for work that may block (name service, cold disk reads), so that the io_context never does.
class worker_pool {
 public:
  explicit worker_pool(std::size_t threads) : pool_(threads) {}
  ~worker_pool() { pool_.join(); }

  /// Runs `work`, which returns a result<T>, on a pool thread. The waiting task gets it, or gives up at `deadline` or
  /// on cancellation while the work goes on; so `work` must own all it uses and must not throw.
  template <class Work>
  task<std::invoke_result_t<Work>> run(Work work, steady_time deadline) {
    auto done = std::make_shared<one_shot<typename std::invoke_result_t<Work>::value_type>>();
    asio::post(pool_, [done, work = std::move(work)]() mutable { done->set(work()); });
    co_return co_await done->wait(deadline);
  }

  /// Runs `work` on a pool thread; nobody waits for it. It must own all it uses and must not throw.
  template <class Work>
  void start(Work work) {
    asio::post(pool_, std::move(work));
  }

 private:
  asio::thread_pool pool_;
};

}  // namespace hdfsmount::async
