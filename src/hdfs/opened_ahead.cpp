#include "hdfs/opened_ahead.hpp"

#include "async/sleep.hpp"

namespace hdfsmount::hdfs {
namespace {

steady_time now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

async::task<result<std::shared_ptr<file_input_stream>>> open_stream(const services& shared, call_context context,
                                                                    open_request what) {
  auto who = context.who;
  const auto located = now();
  auto file = std::make_shared<block_locator>(shared, std::move(what.path), std::move(what.name));
  if (auto opened = co_await file->open(std::move(context)); !opened) co_return opened.error();
  co_return std::make_shared<file_input_stream>(shared, std::move(file), std::move(who), located);
}

opened_ahead::opened_ahead(const services& shared, milliseconds good_for, std::size_t limit)
    : shared_(shared),
      good_for_(good_for),
      limit_(limit),
      used_(shared.numbers.get("opened_ahead", "used")),
      unused_(shared.numbers.get("opened_ahead", "unused")) {}

std::string opened_ahead::key_of(const call_context& context, const open_request& what) {
  return context.who.user->effective + '\0' + context.who.user->real + '\0' + what.path;
}

void opened_ahead::begin(call_context context, open_request what) {
  const auto added = std::make_shared<file>();
  added->key = key_of(context, what);
  added->begun = now();
  bool sweeps = false;
  {
    const std::lock_guard lock(mutex_);
    if (cleared_ || files_.size() >= limit_ || files_.contains(added->key)) return;
    files_.emplace(added->key, by_age_.insert(by_age_.end(), added));
    sweeps = !std::exchange(sweeping_, true);
  }
  const auto task = async::spawn(shared_.where, shared_.log, open(added, std::move(context), std::move(what)));
  const auto sweeper = sweeps ? async::spawn(shared_.where, shared_.log, sweep()) : async::running_task();
  bool given_up = false;
  {
    const std::lock_guard lock(mutex_);
    added->task = task;
    if (sweeps) sweeper_ = sweeper;
    given_up = cleared_;
  }
  if (!given_up) return;
  task.cancel();
  sweeper.cancel();
}

async::task<void> opened_ahead::open(file_ptr into, call_context context, open_request what) {
  const auto opened = co_await open_stream(shared_, context, std::move(what));
  into->opened.set(opened);
  if (opened) co_await (*opened)->fetch_ahead(std::move(context));
}

void opened_ahead::remove_locked(position at) {
  by_age_.erase(at->second);
  files_.erase(at);
}

std::shared_ptr<file_input_stream> opened_ahead::try_take(const call_context& context, const open_request& what) {
  const std::lock_guard lock(mutex_);
  if (files_.empty()) return nullptr;
  const auto place = files_.find(key_of(context, what));
  if (place == files_.end() || now() >= (*place->second)->begun + good_for_) return nullptr;
  const auto opened = (*place->second)->opened.peek();
  if (!opened || !*opened) return nullptr;
  remove_locked(place);
  used_.add();
  return **opened;
}

async::task<std::shared_ptr<file_input_stream>> opened_ahead::take(const call_context& context,
                                                                   const open_request& what) {
  file_ptr found;
  {
    const std::lock_guard lock(mutex_);
    if (files_.empty()) co_return nullptr;
    const auto place = files_.find(key_of(context, what));
    if (place == files_.end()) co_return nullptr;
    found = *place->second;
    remove_locked(place);
  }
  if (now() < found->begun + good_for_) {
    auto opened = co_await found->opened.wait(context.deadline);
    if (opened) {
      used_.add();
      co_return std::move(*opened);
    }
  }
  unused_.add();
  found->task.cancel();
  co_return nullptr;
}

void opened_ahead::give_up_locked(std::list<file_ptr>& into, steady_time begun_before) {
  while (!by_age_.empty() && by_age_.front()->begun < begun_before) {
    files_.erase(by_age_.front()->key);
    into.splice(into.end(), by_age_, by_age_.begin());
  }
}

/// Until there is nothing left to give up.
async::task<void> opened_ahead::sweep() {
  for (;;) {
    const auto slept = co_await async::sleep_until(now() + good_for_);
    std::list<file_ptr> late;
    bool ends = false;
    {
      const std::lock_guard lock(mutex_);
      give_up_locked(late, slept ? now() - good_for_ : steady_time::max());
      ends = by_age_.empty();
      if (ends) sweeping_ = false;
    }
    for (const auto& one : late) one->task.cancel();
    unused_.add(static_cast<std::int64_t>(late.size()));
    if (ends) co_return;
  }
}

void opened_ahead::clear() noexcept {
  std::list<file_ptr> all;
  async::running_task sweeper;
  {
    const std::lock_guard lock(mutex_);
    cleared_ = true;
    give_up_locked(all, steady_time::max());
    sweeper = sweeper_;
  }
  sweeper.cancel();
  for (const auto& one : all) one->task.cancel();
}

}  // namespace hdfsmount::hdfs
