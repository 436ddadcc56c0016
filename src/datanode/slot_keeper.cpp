#include "datanode/slot_keeper.hpp"

#include <algorithm>

#include "async/sleep.hpp"

namespace hdfsmount::datanode {
namespace {

/// So long slots are gathered before they are given back, and so many go together.
constexpr milliseconds gather_for{50};
constexpr std::size_t most_at_once = 64;
/// How long a DataNode that offers no shared memory is not asked again.
constexpr seconds none_for{600};
constexpr std::chrono::hours one_watch{1};

}  // namespace

slot_keeper::slot_keeper(async::executor where, connection_pool& connections, std::string client_name,
                         milliseconds silence, const clock_source& time, logger& log, metrics& numbers)
    : where_(std::move(where)),
      connections_(connections),
      client_name_(std::move(client_name)),
      silence_(silence),
      time_(time),
      log_(log),
      made_(numbers.get("short_circuit", "segments_made")),
      returned_(numbers.get("short_circuit", "slots_returned")),
      making_(time, silence, numbers.get("short_circuit", "segments_joined")) {}

std::unique_ptr<replica_slot> slot_keeper::take_free(const net::host_port& node) {
  const std::lock_guard lock(mutex_);
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return nullptr;
  for (const auto& segment : found->second.segments) {
    if (const auto index = segment.memory->take()) {
      auto back = [keeper = weak_from_this(), node](const segment_ptr& memory, std::uint32_t unused) {
        if (const auto here = keeper.lock()) here->slot_unused(node, memory, unused);
      };
      return std::make_unique<replica_slot>(segment.memory, *index, std::move(back));
    }
  }
  return nullptr;
}

async::task<result<std::unique_ptr<replica_slot>>> slot_keeper::take(net::host_port node, steady_time deadline) {
  for (;;) {
    if (auto slot = take_free(node)) co_return std::move(slot);
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) co_return error(errc::shutting_down);
      if (time_.now() < nodes_[node].none_before) co_return std::unique_ptr<replica_slot>();
    }
    auto ask = [this, &node, deadline] { return add_segment(node, deadline); };
    const auto made = co_await making_.run(node.to_string(), deadline, ask);
    if (made) continue;
    if (made.error().code().category() != datanode_category()) co_return made.error();
    log_.debug("DataNode {} offers no shared memory: {}", node.to_string(), made.error().to_string());
    const std::lock_guard lock(mutex_);
    nodes_[node].none_before = time_.now() + none_for;
  }
}

async::task<result<slot_keeper::segment_ptr>> slot_keeper::add_segment(net::host_port node, steady_time deadline) {
  auto made = co_await request_segment(connections_, node, client_name_, limits(deadline));
  if (!made) co_return made.error();
  made_.add();
  const auto memory = made->memory;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) co_return error(errc::shutting_down);
    nodes_[node].segments.push_back({memory, {}});
  }
  // Without the lock: the task may begin on this very thread.
  const auto task = async::spawn(where_, log_, watch(node, memory, std::move(made->connection)));
  const std::lock_guard lock(mutex_);
  for (auto& segment : nodes_[node].segments)
    if (segment.memory == memory) segment.watch = task;
  if (stopped_) task.cancel();
  co_return memory;
}

/// Until the DataNode closes the connection, or the task is cancelled: either way the segment is of no more use.
async::task<void> slot_keeper::watch(net::host_port node, segment_ptr memory, net::stream_ptr connection) {
  while (connection->idle_and_open()) {
    const auto woken = co_await connection->wait_readable(std::chrono::steady_clock::now() + one_watch, 1);
    if (!woken && !(woken.error() == make_error_code(errc::timed_out))) break;
  }
  memory->lose();
  forget(node, memory);
}

void slot_keeper::forget(const net::host_port& node, const segment_ptr& memory) {
  const std::lock_guard lock(mutex_);
  std::erase_if(nodes_[node].segments, [&](const auto& segment) { return segment.memory == memory; });
}

void slot_keeper::slot_unused(const net::host_port& node, const segment_ptr& memory, std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || memory->lost()) return;
  auto& slots = nodes_[node];
  slots.unused.push_back({memory, index});
  if (std::exchange(slots.returning, true)) return;
  // With the lock, so that none begins after stop(); the task sleeps before it takes the lock itself.
  slots.returner = async::spawn(where_, log_, return_slots(node));
}

/// Empty ends the task that gives slots back.
std::vector<slot_keeper::unused_slot> slot_keeper::next_unused(const net::host_port& node) {
  const std::lock_guard lock(mutex_);
  auto& slots = nodes_[node];
  std::erase_if(slots.unused, [](const auto& slot) { return slot.memory->lost(); });
  const auto count = static_cast<std::ptrdiff_t>(std::min(slots.unused.size(), most_at_once));
  std::vector<unused_slot> out(slots.unused.begin(), slots.unused.begin() + count);
  slots.unused.erase(slots.unused.begin(), slots.unused.begin() + count);
  if (out.empty() || stopped_) slots.returning = false;
  return stopped_ ? std::vector<unused_slot>() : out;
}

async::task<void> slot_keeper::return_slots(net::host_port node) {
  for (;;) {
    const auto slept = co_await async::sleep_until(std::chrono::steady_clock::now() + gather_for);
    const auto unused = next_unused(node);
    if (unused.empty()) co_return;
    std::vector<wire::slot_id> ids;
    for (const auto& slot : unused) ids.push_back(slot.memory->slot(slot.index));
    const auto deadline = std::chrono::steady_clock::now() + silence_;
    auto released = slept;
    if (slept) released = co_await release_slots(connections_, node, std::move(ids), limits(deadline));
    if (!released) {
      log_.debug("DataNode {} does not take back slots: {}", node.to_string(), released.error().to_string());
      abandon(node, unused);
      continue;
    }
    returned_.add(static_cast<std::int64_t>(unused.size()));
    for (const auto& slot : unused) slot.memory->free(slot.index);
  }
}

/// Nobody knows what the DataNode makes of these slots: ends their segments, which ends all doubt.
void slot_keeper::abandon(const net::host_port& node, const std::vector<unused_slot>& slots) {
  const std::lock_guard lock(mutex_);
  for (const auto& slot : slots) {
    slot.memory->lose();
    for (auto& segment : nodes_[node].segments)
      if (segment.memory == slot.memory) segment.watch.cancel();
  }
}

void slot_keeper::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (auto& [node, slots] : nodes_) {
    slots.returner.cancel();
    for (auto& segment : slots.segments) segment.watch.cancel();
  }
}

std::size_t slot_keeper::segments() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [node, slots] : nodes_) count += slots.segments.size();
  return count;
}

}  // namespace hdfsmount::datanode
