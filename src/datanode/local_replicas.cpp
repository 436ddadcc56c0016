#include "datanode/local_replicas.hpp"

#include "async/sleep.hpp"

namespace hdfsmount::datanode {
namespace {

/// How long a replica is not tried again that could not be opened, or that gave wrong bytes.
constexpr milliseconds refused_for{30'000};
constexpr milliseconds distrusted_for{600'000};
constexpr std::size_t most_distrusted = 4096;
constexpr milliseconds sweep_every{2'000};
/// Those who wait for the same replica to be opened, no longer than this.
constexpr milliseconds join_window{15'000};

}  // namespace

local_replicas::local_replicas(async::executor where, options settings,
                               std::shared_ptr<replica_directories> directories, std::unique_ptr<short_circuit> passed,
                               async::worker_pool& disk, const clock_source& time, logger& log, metrics& numbers)
    : where_(std::move(where)),
      patience_(settings.patience),
      disk_(disk),
      time_(time),
      log_(log),
      hits_(numbers.get("local_replicas", "cache_hits")),
      opened_directly_(numbers.get("local_replicas", "opened_directly")),
      not_openable_(numbers.get("local_replicas", "not_openable")),
      directories_(std::move(directories)),
      opening_(time, join_window, numbers.get("local_replicas", "joined")),
      passed_(std::move(passed)),
      replicas_(settings.kept, settings.expiry) {}

local_replicas::~local_replicas() {
  stop();
}

void local_replicas::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    sweeper_.cancel();
  }
  // First, because slots of what it passed need not be given back any more.
  if (passed_) passed_->stop();
  replicas_.clear();
}

void local_replicas::look_for_directories() {
  if (!directories_ || !directories_->should_look()) return;
  disk_.start([directories = directories_] { directories->look(); });
}

bool local_replicas::may_have(const wire::replica_location& replica) {
  if (replica.type == wire::storage_type::provided) return false;
  if (directories_ && directories_->has(replica.storage_id)) return true;
  const bool is_local = passed_ && passed_->is_local(replica.node);
  look_for_directories();
  return is_local;
}

local_replicas::replica_ptr local_replicas::find_open(const replica_key& key, const std::string& pool) {
  auto found = replicas_.find(key, pool, time_.now());
  if (found) hits_.add();
  return found;
}

local_replicas::replica_ptr local_replicas::find(const wire::located_block& block,
                                                 const wire::replica_location& replica) {
  const replica_key key(block.block, replica.node.transfer_port);
  if (auto found = find_open(key, block.block.pool)) return found;
  return directories_ && may_try(key) ? open_directly(block, replica) : nullptr;
}

local_replicas::replica_ptr local_replicas::open_directly(const wire::located_block& block,
                                                          const wire::replica_location& replica) {
  if (!directories_->has(replica.storage_id)) return nullptr;
  const auto opened = directories_->open(block.block, replica.storage_id, local_replica::patience::none);
  return use_directly({block.block, replica.node.transfer_port}, block.block.pool, opened);
}

async::task<local_replicas::replica_ptr> local_replicas::open_from_disk(const wire::located_block& block,
                                                                        const wire::replica_location& replica,
                                                                        steady_time deadline) {
  if (!directories_ || !directories_->has(replica.storage_id)) co_return nullptr;
  auto work = [directories = directories_, what = block.block, storage = replica.storage_id] {
    return directories->open(what, storage, local_replica::patience::disk);
  };
  const auto limit = std::min(deadline, std::chrono::steady_clock::now() + patience_);
  const auto opened = co_await disk_.run(std::move(work), limit);
  const replica_key key(block.block, replica.node.transfer_port);
  co_return use_directly(key, block.block.pool, opened);
}

/// Keeps what was opened in a directory; null when nothing was.
local_replicas::replica_ptr local_replicas::use_directly(const replica_key& key, const std::string& pool,
                                                         const result<std::shared_ptr<local_replica>>& opened) {
  if (!opened) {
    not_openable_.add();
    log_.debug("replica of block {} cannot be opened directly: {}", key.id.value(), opened.error().to_string());
    return nullptr;
  }
  if (!*opened) return nullptr;
  (*opened)->set_origin(local_replica::origin::directory);
  opened_directly_.add();
  keep(key, pool, *opened);
  return *opened;
}

async::task<local_replicas::replica_ptr> local_replicas::open(wire::located_block block, wire::replica_location replica,
                                                              steady_time deadline) {
  const replica_key key(block.block, replica.node.transfer_port);
  if (auto found = find_open(key, block.block.pool)) co_return found;
  if (!may_try(key)) co_return nullptr;
  auto lead = [this, &block, &replica, deadline] { return open_any(block, replica, deadline); };
  const auto opened = co_await opening_.run(key, deadline, lead);
  if (!opened) co_return nullptr;
  co_return *opened;
}

async::task<result<local_replicas::replica_ptr>> local_replicas::open_any(const wire::located_block& block,
                                                                          const wire::replica_location& replica,
                                                                          steady_time deadline) {
  const replica_key key(block.block, replica.node.transfer_port);
  // Whoever asked before may have finished just now.
  if (auto found = find_open(key, block.block.pool)) co_return found;
  if (auto opened = co_await open_from_disk(block, replica, deadline)) co_return opened;
  if (!passed_ || !passed_->is_local(replica.node)) {
    distrust_for(key, refused_for);
    co_return replica_ptr();
  }
  const short_circuit::request what(block.block, block.access_token, replica.node);
  const auto passed = co_await passed_->open(what, deadline);
  if (!passed) {
    if (short_circuit::blames_replica(passed.error())) distrust_for(key, refused_for);
    co_return passed.error();
  }
  if (*passed) keep(key, block.block.pool, *passed);
  co_return replica_ptr(*passed);
}

bool local_replicas::may_try(const replica_key& key) {
  const auto now = time_.now();
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  const auto found = distrusted_.find(key);
  if (found == distrusted_.end()) return true;
  if (now < found->second) return false;
  distrusted_.erase(found);
  return true;
}

void local_replicas::keep(const replica_key& key, const std::string& pool, const replica_ptr& replica) {
  replicas_.add(key, pool, replica, time_.now());
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || std::exchange(sweeping_, true)) return;
  }
  const auto task = async::spawn(where_, log_, sweep());
  const std::lock_guard lock(mutex_);
  sweeper_ = task;
  if (stopped_) task.cancel();
}

async::task<void> local_replicas::sweep() {
  for (;;) {
    const auto slept = co_await async::sleep_until(std::chrono::steady_clock::now() + sweep_every);
    replicas_.sweep(time_.now());
    const std::lock_guard lock(mutex_);
    if (slept && replicas_.size() > 0) continue;  // keep() adds before it looks at sweeping_
    sweeping_ = false;
    co_return;
  }
}

void local_replicas::distrust(const replica_key& key) {
  distrust_for(key, distrusted_for);
}

void local_replicas::distrust_for(const replica_key& key, milliseconds time) {
  replicas_.drop(key);
  const auto now = time_.now();
  const std::lock_guard lock(mutex_);
  if (distrusted_.size() >= most_distrusted) distrusted_.clear();
  distrusted_[key] = now + time;
}

}  // namespace hdfsmount::datanode
