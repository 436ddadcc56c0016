#include "namenode/node_selector.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace hdfsmount::namenode {
namespace {

constexpr seconds between_lines(30);
constexpr int most_doublings = 16;
/// While nobody answers, the pauses between single calls begin as if so many rounds had failed.
constexpr int rounds_of_silence = 4;

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
    const auto time = now();
    if (time - unserved_since_ >= settings_.silence) begin_return(time);
    unserved_since_ = quiet_since_ = time;
    if (failed_rounds_ == 0 && !hesitating_) return;
    hesitating_ = false;
    failed_rounds_ = 0;
    next_round_ = steady_time();
  }
  turn_.notify_all();
}

void node_selector::begin_return(steady_time now) {
  returning_.clear();
  for (const auto& [who, calls] : present_) returning_.insert(who);
  returned_.clear();
  const auto outage = std::chrono::duration_cast<milliseconds>(now - unserved_since_);
  return_ends_ = now + std::min(outage / 2, settings_.longest_return);
  settled_ = std::min(return_ends_, now + settings_.silence);
}

node_selector::presence::presence(node_selector& where, pid_t who) : where_(where), who_(who) {
  const std::lock_guard lock(where_.mutex_);
  ++where_.present_[who_];
}

/// One that ends without having found out lets the next one do so.
node_selector::presence::~presence() {
  bool pass_on = false;
  {
    const std::lock_guard lock(where_.mutex_);
    const auto found = where_.present_.find(who_);
    if (--found->second == 0) where_.present_.erase(found);
    if (asked_) --where_.asked_;
    if (in_flight_) --where_.in_flight_;
    pass_on = where_.is_probe(*this);
    if (pass_on) where_.next_round_ = steady_time();
  }
  if (pass_on) where_.turn_.notify_all();
}

void node_selector::ask(presence& call) {
  const std::lock_guard lock(mutex_);
  const auto time = now();
  if (in_flight_++ == 0) {
    quiet_since_ = time;
    hesitating_ = false;
  }
  call.in_flight_ = true;
  call.admitted_ = false;
  if (std::exchange(call.asked_, true)) return;
  if (asked_++ == 0 && failed_rounds_ == 0) unserved_since_ = time;
}

void node_selector::answered(presence& call) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(call.in_flight_, false)) --in_flight_;
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

async::task<result<void>> node_selector::wait_for_turn(presence& call, steady_time deadline) {
  const auto here = co_await async::asio::this_coro::executor;
  for (;;) {
    async::notifier::ticket_ptr ticket;
    steady_time until;
    {
      const std::lock_guard lock(mutex_);
      until = next_turn(call, deadline);
      if (until <= now()) co_return result<void>();
      ticket = turn_.ticket(here);
    }
    const auto woken = co_await turn_.wait(std::move(ticket), std::min(until, deadline));
    if (woken) continue;
    if (!(woken.error() == make_error_code(errc::timed_out)) || until >= deadline) co_return woken.error();
  }
}

/// When to look again; a moment that has passed: now.
steady_time node_selector::next_turn(presence& call, steady_time deadline) {
  const auto time = now();
  if (time < next_round_) return call.admitted_ && is_probe(call) ? time : next_round_;
  const auto quiet = in_flight_ > 0 && failed_rounds_ == 0 ? time - quiet_since_ : steady_time::duration(0);
  if (quiet >= settings_.silence) {
    failed_rounds_ = rounds_of_silence;
    last_failure_ = error(errc::timed_out, "NameNode " + nodes_[current_].name + " does not answer");
    // Those that it has been sent already find out for all whether it goes on.
    if (hesitating_ && !call.admitted_) return next_round_ = time + backoff(settings_, failed_rounds_++);
  } else if (quiet >= settings_.hesitation) {
    if (std::exchange(hesitating_, true) && !call.admitted_) return quiet_since_ + settings_.silence;
    call.admitted_ = true;
    return time;
  }
  if (failed_rounds_ > 0) {
    next_round_ = call.probes_till_ = time + backoff(settings_, failed_rounds_++);
    call.admitted_ = true;
    return time;
  }
  // Who waited for the answer of another's call is not known, but comes at once.
  const bool waited = time < settled_ || (time < return_ends_ && returning_.contains(call.who_));
  if (waited && returned_.insert(call.who_).second) {
    const auto end = std::clamp(time + (deadline - time) / 2, time, return_ends_);
    call.return_at_ = time + random_part(std::chrono::duration_cast<milliseconds>(end - time));
  }
  return call.return_at_;
}

bool node_selector::is_probe(const presence& call) const {
  return call.probes_till_ != steady_time() && call.probes_till_ == next_round_;
}

}  // namespace hdfsmount::namenode
