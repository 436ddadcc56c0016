#include "async/sleep.hpp"

#include <boost/asio/steady_timer.hpp>

namespace hdfsmount::async {

task<result<void>> sleep_until(steady_time when) {
  if (co_await is_cancelled()) co_return error(errc::cancelled);
  asio::steady_timer timer(co_await asio::this_coro::executor, when);
  const auto [failure] = co_await timer.async_wait(as_result);
  if (failure) co_return error(errc::cancelled);
  co_return result<void>();
}

}  // namespace hdfsmount::async
