#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "async/one_shot.hpp"
#include "async/worker_pool.hpp"
#include "base/clock.hpp"

namespace hdfsmount::fs {

/// Remembers the answers of a function that may block, and runs it on a pool's thread, once at a time for each key. An
/// answer past its time is still given while it is asked for again in the background. Thread-safe; shared with the
/// pool's work in progress, so make it by std::make_shared.
template <class Key, class Value>
class blocking_memo : public std::enable_shared_from_this<blocking_memo<Key, Value>> {
 public:
  struct answer {
    Value value;
    bool certain;  ///< false: only a stand-in, never replaces a value known before, and soon asked for again
  };
  using function = std::function<answer(const Key&)>;

  blocking_memo(function ask, const clock_source& clock, milliseconds expiry, milliseconds retry, std::size_t limit)
      : ask_(std::move(ask)), clock_(&clock), expiry_(expiry), retry_(retry), limit_(limit) {}

  std::optional<Value> known(const Key& key, async::worker_pool& pool) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found == known_.end()) return std::nullopt;
    if (found->second.until <= clock_->now()) start(key, pool);
    return found->second.value;
  }

  async::task<result<Value>> get(Key key, async::worker_pool& pool, steady_time deadline) {
    if (auto value = known(key, pool)) co_return *value;
    flight_ptr flight;
    {
      const std::lock_guard lock(mutex_);
      flight = start(key, pool);
    }
    co_return co_await flight->wait(deadline);
  }

  /// Work in progress is left alone from now on: it touches neither the clock nor anything else.
  void abandon() {
    const std::lock_guard lock(mutex_);
    clock_ = nullptr;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return known_.size();
  }

 private:
  using flight_ptr = std::shared_ptr<async::one_shot<Value>>;
  struct entry {
    Value value;
    steady_time until;
  };

  /// With the mutex held.
  flight_ptr start(const Key& key, async::worker_pool& pool) {
    auto& flight = flights_[key];
    if (flight) return flight;
    flight = std::make_shared<async::one_shot<Value>>();
    pool.start([self = this->shared_from_this(), key, flight] { self->run(key, *flight); });
    return flight;
  }

  void run(const Key& key, async::one_shot<Value>& flight) {
    auto got = ask_(key);
    {
      const std::lock_guard lock(mutex_);
      if (clock_ == nullptr) return;
      const auto now = clock_->now();
      const auto found = known_.find(key);
      if (found != known_.end() && !got.certain) got.value = found->second.value;
      if (found == known_.end()) make_room(now);
      known_.insert_or_assign(key, entry{got.value, now + (got.certain ? expiry_ : retry_)});
      flights_.erase(key);
    }
    flight.set(std::move(got.value));
  }

  void make_room(steady_time now) {
    if (known_.size() < limit_) return;
    std::erase_if(known_, [&](const auto& item) { return item.second.until <= now; });
    while (known_.size() >= limit_ && !known_.empty()) known_.erase(known_.begin());
  }

  const function ask_;
  mutable std::mutex mutex_;  // leaf, but for the pool's own
  const clock_source* clock_;
  const milliseconds expiry_;
  const milliseconds retry_;
  const std::size_t limit_;
  std::unordered_map<Key, entry> known_;
  std::unordered_map<Key, flight_ptr> flights_;
};

}  // namespace hdfsmount::fs
