#include "async/task.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>

namespace hdfsmount::async {

struct running_task::state {
  explicit state(asio::strand<executor> s) : strand(std::move(s)) {}
  asio::strand<executor> strand;
  asio::cancellation_signal signal;  // used on the strand only
};

void running_task::cancel() const {
  if (!state_) return;
  asio::post(state_->strand, [state = state_] { state->signal.emit(asio::cancellation_type::terminal); });
}

task<bool> is_cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

namespace {
task<void> without_throwing(task<void> work) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(work);
}
}  // namespace

running_task spawn(const executor& where, logger& log, task<void> work, std::function<void()> on_end) {
  running_task handle;
  handle.state_ = std::make_shared<running_task::state>(asio::make_strand(where));
  auto finish = [&log, keep = handle.state_, on_end = std::move(on_end)](const std::exception_ptr& failure) {
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& e) {
        log.error("a task ended with an unexpected exception: {}", e.what());
      }
    }
    if (on_end) on_end();
  };
  asio::co_spawn(handle.state_->strand, without_throwing(std::move(work)),
                 asio::bind_cancellation_slot(handle.state_->signal.slot(), std::move(finish)));
  return handle;
}

}  // namespace hdfsmount::async
