#include "namenode/node_selector.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace hdfsmount::namenode {
namespace {

constexpr seconds between_lines(30);
constexpr int most_doublings = 16;

steady_time now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

milliseconds backoff(const options& settings, int attempt) {
  const auto grown = settings.backoff_base * (1 << std::clamp(attempt, 0, most_doublings));
  return with_jitter(std::min(grown, settings.backoff_max));
}

node_selector::node_selector(const options& settings, logger& log) : settings_(settings), log_(log) {
  for (const auto& address : settings.namenodes) {
    node entry;
    entry.address = address;
    entry.name = address.to_string();
    nodes_.push_back(std::move(entry));
  }
}

std::size_t node_selector::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void node_selector::reached(std::size_t index) {
  milliseconds gone{};
  {
    const std::lock_guard lock(mutex_);
    auto& it = nodes_[index];
    if (!it.lost) return;
    it.lost = false;
    if (!std::exchange(it.announced, false)) return;
    gone = std::chrono::duration_cast<milliseconds>(now() - it.lost_since);
  }
  log_.info("{}: NameNode {} answers again after {:.1f} s", settings_.nameservice, name(index),
            static_cast<double>(gone.count()) / 1000);
}

void node_selector::served(std::size_t index) {
  reached(index);
  {
    const std::lock_guard lock(mutex_);
    if (failed_rounds_ == 0) return;
    failed_rounds_ = 0;
    next_round_ = steady_time();
  }
  turn_.notify_all();
}

void node_selector::lost(std::size_t index, const error& why) {
  {
    const std::lock_guard lock(mutex_);
    auto& it = nodes_[index];
    if (!std::exchange(it.lost, true)) it.lost_since = now();
    if (it.announced || (it.last_line != steady_time() && now() < it.last_line + between_lines)) return;
    it.announced = true;
    it.last_line = now();
  }
  log_.warning("{}: {}", settings_.nameservice, why.to_string());
}

void node_selector::move_on(std::size_t index) {
  const std::lock_guard lock(mutex_);
  if (current_ == index) current_ = (current_ + 1) % nodes_.size();
}

void node_selector::round_failed(const error& why) {
  const std::lock_guard lock(mutex_);
  last_failure_ = why;
  const auto time = now();
  if (time < next_round_) return;
  next_round_ = time + backoff(settings_, failed_rounds_++);
}

error node_selector::last_failure() const {
  const std::lock_guard lock(mutex_);
  return last_failure_;
}

async::task<result<void>> node_selector::wait_for_turn(steady_time deadline) {
  const auto here = co_await async::asio::this_coro::executor;
  async::notifier::ticket_ptr ticket;
  steady_time until;
  {
    const std::lock_guard lock(mutex_);
    until = next_round_;
    if (until <= now()) co_return result<void>();
    ticket = turn_.ticket(here);
  }
  const auto woken = co_await turn_.wait(std::move(ticket), std::min(until, deadline));
  if (woken || (woken.error() == make_error_code(errc::timed_out) && until < deadline)) co_return result<void>();
  co_return woken.error();
}

}  // namespace hdfsmount::namenode
