#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "async/task.hpp"
#include "base/clock.hpp"

namespace hdfsmount::net {

/// Runs an Asio operation that completes with an error code only. `start` gets the completion token. The operation is
/// cancelled at `deadline` (errc::timed_out) and when the running task is cancelled (errc::cancelled); any other
/// failure becomes `otherwise` with the system's message.
template <class Start>
async::task<result<void>> with_deadline(steady_time deadline, Start start, errc otherwise) {
  namespace asio = boost::asio;
  struct shared {
    asio::cancellation_signal stop;
    bool expired = false;
    bool armed = true;
  };
  if (co_await async::is_cancelled()) co_return error(errc::cancelled);
  const auto state = std::make_shared<shared>();
  const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
  auto parent = cancellation.slot();
  if (parent.is_connected()) parent.assign([state](asio::cancellation_type type) { state->stop.emit(type); });
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
  timer.async_wait([state](const boost::system::error_code& failure) {
    if (failure || !state->armed) return;
    state->expired = true;
    state->stop.emit(asio::cancellation_type::terminal);
  });
  const auto [failure] = co_await start(asio::bind_cancellation_slot(state->stop.slot(), async::as_result));
  state->armed = false;
  if (parent.is_connected()) parent.clear();
  if (!failure) co_return result<void>();
  if (co_await async::is_cancelled()) co_return error(errc::cancelled);
  if (state->expired) co_return error(errc::timed_out);
  co_return error(otherwise, failure.message());
}

}  // namespace hdfsmount::net
