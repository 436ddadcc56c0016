#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "async/one_shot.hpp"

namespace hdfsmount::async {

/// Makes identical requests that are under way at the same time only once. The work runs as a task of its own, so that
/// whoever asked first can give up without failing the others. Thread-safe; must outlive the work it starts.
template <class Key, class Value>
class single_flight {
 public:
  single_flight(executor where, logger& log) : where_(std::move(where)), log_(log) {}

  /// Joins the work under way for `key`, or starts `make()` (a task<result<Value>> that owns all it uses). Each caller
  /// waits until its own deadline.
  template <class Make>
  task<result<Value>> run(Key key, Make make, steady_time deadline) {
    std::shared_ptr<one_shot<Value>> answer;
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      auto [it, added] = under_way_.try_emplace(key, nullptr);
      if (added) it->second = std::make_shared<one_shot<Value>>();
      answer = it->second;
      first = added;
    }
    if (first) spawn(where_, log_, perform(std::move(key), make(), answer));
    co_return co_await answer->wait(deadline);
  }

 private:
  task<void> perform(Key key, task<result<Value>> work, std::shared_ptr<one_shot<Value>> answer) {
    result<Value> outcome = co_await std::move(work);
    {
      const std::lock_guard lock(mutex_);
      under_way_.erase(key);
    }
    answer->set(std::move(outcome));
  }

  const executor where_;
  logger& log_;
  std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::unordered_map<Key, std::shared_ptr<one_shot<Value>>> under_way_;
};

}  // namespace hdfsmount::async
