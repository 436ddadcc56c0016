#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "async/one_shot.hpp"
#include "base/clock.hpp"
#include "base/metrics.hpp"

namespace hdfsmount::async {

/// Asks identical questions once while they are under way. Whoever asks first (the leader) asks for everybody, within
/// its own deadline; if it gives up (cancelled, out of time), that does not fail the others: the next of them asks.
/// Each waits until its own deadline. Only questions younger than `join_window` are joined, so that no answer is older
/// than the caches may make it. Thread-safe; must outlive its callers.
template <class Key, class Value>
class single_flight {
 public:
  single_flight(const clock_source& clock, milliseconds join_window, counter& joined)
      : clock_(clock), join_window_(join_window), joined_(joined) {}

  /// `ask` returns a task<result<Value>> and is called at most once.
  template <class Ask>
  task<result<Value>> run(Key key, steady_time deadline, Ask ask) {
    for (;;) {
      bool leads = false;
      const auto mine = board(key, leads);
      if (leads) {
        landing ends(*this, key, mine);
        auto answer = co_await ask();
        mine->answer.set(answer);
        co_return answer;
      }
      auto answer = co_await mine->answer.wait(deadline);
      // Our own end, or the leader's? Only the leader's is in the flight itself.
      if (answer || !(gave_up(answer.error()) && mine->answer.ready())) co_return answer;
      if (std::chrono::steady_clock::now() >= deadline || co_await is_cancelled()) co_return answer;
    }
  }

 private:
  struct flight {
    one_shot<Value> answer;
    steady_time started;
  };
  using flight_ptr = std::shared_ptr<flight>;

  /// Ends the flight however the leader leaves, also when its coroutine is destroyed.
  class landing {
   public:
    landing(single_flight& owner, const Key& key, flight_ptr what) : owner_(owner), key_(key), what_(std::move(what)) {}
    landing(const landing&) = delete;
    landing& operator=(const landing&) = delete;
    ~landing() {
      {
        const std::lock_guard lock(owner_.mutex_);
        const auto found = owner_.flights_.find(key_);
        if (found != owner_.flights_.end() && found->second == what_) owner_.flights_.erase(found);
      }
      what_->answer.set(error(errc::cancelled));
    }

   private:
    single_flight& owner_;
    const Key& key_;
    flight_ptr what_;
  };

  static bool gave_up(const error& e) { return e == errc::cancelled || e == errc::timed_out; }

  flight_ptr board(const Key& key, bool& leads) {
    const auto now = clock_.now();
    const std::lock_guard lock(mutex_);
    auto& current = flights_[key];
    if (current && !current->answer.ready() && now < current->started + join_window_) {
      joined_.add();
      return current;
    }
    leads = true;
    current = std::make_shared<flight>();
    current->started = now;
    return current;
  }

  const clock_source& clock_;
  const milliseconds join_window_;
  counter& joined_;
  std::mutex mutex_;  // taken before a flight's own
  std::unordered_map<Key, flight_ptr> flights_;
};

}  // namespace hdfsmount::async
