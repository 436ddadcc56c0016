#include "datanode/connection_pool.hpp"

#include "async/sleep.hpp"

namespace hdfsmount::datanode {

connection_pool::connection_pool(async::executor where, net::connector& connector, std::size_t capacity,
                                 milliseconds expiry, logger& log, metrics& numbers, const std::string& kind)
    : where_(std::move(where)),
      connector_(connector),
      capacity_(capacity),
      expiry_(expiry),
      log_(log),
      connects_(numbers.get(kind + "_connects")),
      reuses_(numbers.get(kind + "_connections_reused")) {}

async::task<result<connection_pool::place>> connection_pool::enter(const net::host_port& peer, steady_time deadline) {
  std::shared_ptr<async::budget> places;
  {
    const std::lock_guard lock(mutex_);
    auto& known = places_[peer];
    if (!known) known = std::make_shared<async::budget>(places_per_node);
    places = known;
  }
  auto share = co_await places->take(1, deadline);
  if (!share) co_return share.error().with_context("waiting for other reads of " + peer.to_string());
  co_return place(std::move(places), std::move(*share));
}

async::task<result<connection_pool::lease>> connection_pool::acquire(net::host_port peer, bool fresh,
                                                                     steady_time deadline) {
  if (!fresh) {
    if (auto stream = take_idle(peer)) {
      reuses_.add();
      co_return lease(std::move(stream), true);
    }
  }
  auto stream = co_await connector_.connect(std::move(peer), deadline);
  if (!stream) co_return stream.error();
  connects_.add();
  co_return lease(std::move(*stream), false);
}

net::stream_ptr connection_pool::take_idle(const net::host_port& peer) {
  std::list<entry> dropped;  // closed after the lock is released
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  const auto found = idle_.find(peer);
  if (found == idle_.end()) return nullptr;
  auto& entries = found->second;
  while (!entries.empty()) {
    dropped.splice(dropped.end(), entries,
                   std::prev(entries.end()));  // the most recently used is the likeliest to live
    --count_;
    if (dropped.back().expires > now && dropped.back().stream->idle_and_open()) return std::move(dropped.back().stream);
  }
  idle_.erase(found);
  return nullptr;
}

void connection_pool::give_back(const net::host_port& peer, net::stream_ptr stream) {
  const std::lock_guard lock(mutex_);
  if (count_ >= capacity_) return;
  idle_[peer].push_back({std::move(stream), std::chrono::steady_clock::now() + expiry_});
  ++count_;
  if (!std::exchange(sweeping_, true)) sweeper_ = async::spawn(where_, log_, sweep(++round_));
}

async::task<void> connection_pool::sweep(std::uint64_t round) {
  for (;;) {
    const auto slept = co_await async::sleep_until(std::chrono::steady_clock::now() + expiry_);
    if (!slept) co_return;
    std::list<entry> expired;
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (round != round_) co_return;
    for (auto it = idle_.begin(); it != idle_.end();) {
      auto& entries = it->second;
      while (!entries.empty() && entries.front().expires <= now) {
        expired.splice(expired.end(), entries, entries.begin());
        --count_;
      }
      it = entries.empty() ? idle_.erase(it) : std::next(it);
    }
    if (count_ == 0) {
      sweeping_ = false;
      co_return;
    }
  }
}

void connection_pool::clear() {
  std::map<net::host_port, std::list<entry>> closed;
  const std::lock_guard lock(mutex_);
  closed.swap(idle_);
  count_ = 0;
  sweeper_.cancel();
  sweeping_ = false;
  ++round_;
}

std::size_t connection_pool::idle() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace hdfsmount::datanode
