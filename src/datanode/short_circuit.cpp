#include "datanode/short_circuit.hpp"

#include "async/sleep.hpp"

namespace hdfsmount::datanode {
namespace {

constexpr milliseconds first_pause{2'000};
constexpr milliseconds longest_pause{600'000};
/// How long a replica is not asked for again that its DataNode did not pass, or that gave wrong bytes.
constexpr milliseconds refused_for{30'000};
constexpr milliseconds distrusted_for{600'000};
constexpr std::size_t most_distrusted = 4096;
constexpr milliseconds sweep_every{2'000};

/// Whether the failure is of the whole way to the DataNode and not of one replica.
bool blames_socket(const error& failure) {
  const auto& code = failure.code();
  return blames_node(failure) || code == datanode_errc::unsupported || code == errc::limit_exceeded;
}

}  // namespace

short_circuit::short_circuit(async::executor where, net::connector& connector, options settings,
                             async::worker_pool& disk, const clock_source& time, logger& log, metrics& numbers)
    : where_(std::move(where)),
      settings_(std::move(settings)),
      disk_(disk),
      time_(time),
      log_(log),
      addresses_(time),
      connections_(where_, connector, settings_.connections_kept, settings_.connection_expiry, log, numbers, "domain"),
      sockets_(time, first_pause, longest_pause, settings_.silence),
      opened_(numbers.get("short_circuit", "opened")),
      hits_(numbers.get("short_circuit", "cache_hits")),
      refused_(numbers.get("short_circuit", "refused")),
      opening_(time, settings_.silence, numbers.get("short_circuit", "joined")),
      slots_(std::make_shared<slot_keeper>(where_, connections_, settings_.client_name, settings_.silence, time, log,
                                           numbers)),
      replicas_(settings_.replicas_kept, settings_.replica_expiry) {}

short_circuit::~short_circuit() {
  stop();
}

void short_circuit::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    sweeper_.cancel();
  }
  slots_->stop();
  replicas_.clear();
  connections_.clear();
}

short_circuit::replica_ptr short_circuit::find(const wire::extended_block& block, std::uint16_t port) {
  auto found = replicas_.find({block, port}, block.pool, time_.now());
  if (found) hits_.add();
  return found;
}

async::task<short_circuit::replica_ptr> short_circuit::open(request what, steady_time deadline) {
  if (auto found = find(what.block, what.node.transfer_port)) co_return found;
  if (!may_try(what)) co_return nullptr;
  auto lead = [this, &what, deadline] { return ask(what, deadline); };
  const auto opened = co_await opening_.run(what.key(), deadline, lead);
  if (!opened) co_return nullptr;
  co_return *opened;
}

bool short_circuit::may_try(const request& what) {
  {
    const auto now = time_.now();
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    if (const auto found = distrusted_.find(what.key()); found != distrusted_.end()) {
      if (now < found->second) return false;
      distrusted_.erase(found);
    }
  }
  return sockets_.admit(what.node.uuid);
}

/// Asks the DataNode and remembers what came of it.
async::task<result<short_circuit::replica_ptr>> short_circuit::ask(const request& what, steady_time deadline) {
  // Whoever asked before may have finished just now.
  if (auto found = find(what.block, what.node.transfer_port)) co_return found;
  const net::host_port address(what.node.ip, what.node.transfer_port);
  auto slot = co_await slots_->take(address, deadline);
  if (!slot) {
    failed(what, slot.error());
    co_return slot.error();
  }
  std::optional<wire::slot_id> id;
  if (*slot) id = (*slot)->id();
  const patience_limits limits(settings_.silence, deadline);
  auto files = co_await request_files(connections_, address, what.block, what.access_token, id, limits);
  if (!files) {
    if (*slot && files.error().code().category() == datanode_category()) (*slot)->forget();
    failed(what, files.error());
    co_return files.error();
  }
  worked(what.node);
  auto replica = co_await use_files(std::move(*files), what.block.length, std::move(*slot), deadline);
  if (!replica) {
    failed(what, replica.error());
    co_return replica.error();
  }
  opened_.add();
  keep(what, *replica);
  co_return std::move(*replica);
}

async::task<result<short_circuit::replica_ptr>> short_circuit::use_files(passed_files files, std::uint64_t length,
                                                                         std::unique_ptr<replica_slot> slot,
                                                                         steady_time deadline) {
  using patience = local_replica::patience;
  auto made = local_replica::open(files.data, files.checksums, length, patience::none);
  if (made && !*made) {
    auto look = [files, length] { return local_replica::open(files.data, files.checksums, length, patience::disk); };
    made = co_await disk_.run(std::move(look), deadline);
  }
  if (!made) co_return made.error();
  if (slot) (*made)->set_slot(std::move(slot));
  co_return replica_ptr(std::move(*made));
}

void short_circuit::keep(const request& what, const replica_ptr& replica) {
  replicas_.add(what.key(), what.block.pool, replica, time_.now());
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || std::exchange(sweeping_, true)) return;
  }
  const auto task = async::spawn(where_, log_, sweep());
  const std::lock_guard lock(mutex_);
  sweeper_ = task;
  if (stopped_) task.cancel();
}

async::task<void> short_circuit::sweep() {
  for (;;) {
    const auto slept = co_await async::sleep_until(std::chrono::steady_clock::now() + sweep_every);
    replicas_.sweep(time_.now());
    const std::lock_guard lock(mutex_);
    if (slept && replicas_.size() > 0) continue;  // keep() adds before it looks at sweeping_
    sweeping_ = false;
    co_return;
  }
}

void short_circuit::distrust(const replica_key& key) {
  distrust_for(key, distrusted_for);
}

void short_circuit::distrust_for(const replica_key& key, milliseconds time) {
  replicas_.drop(key);
  const auto now = time_.now();
  const std::lock_guard lock(mutex_);
  if (distrusted_.size() >= most_distrusted) distrusted_.clear();
  distrusted_[key] = now + time;
}

void short_circuit::failed(const request& what, const error& failure) {
  if (failure == make_error_code(errc::cancelled) || failure == make_error_code(errc::shutting_down)) return;
  refused_.add();
  const auto name = net::host_port(what.node.ip, what.node.transfer_port).to_string();
  if (!blames_socket(failure)) {
    log_.debug("DataNode {} passes no files of block {}: {}", name, what.block.id.value(), failure.to_string());
    return distrust_for(what.key(), refused_for);
  }
  sockets_.failed(what.node.uuid);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = told_.insert(what.node.uuid).second;
  }
  log_.log(first ? log_level::warning : log_level::debug,
           "no short-circuit reads from DataNode {}, reading over TCP and trying again later: {}", name,
           failure.to_string());
}

void short_circuit::worked(const wire::datanode_info& node) {
  sockets_.succeeded(node.uuid);
  bool over = false;
  {
    const std::lock_guard lock(mutex_);
    over = told_.erase(node.uuid) > 0;
  }
  if (over) log_.info("short-circuit reads from DataNode {}:{} work again", node.ip, node.transfer_port);
}

}  // namespace hdfsmount::datanode
