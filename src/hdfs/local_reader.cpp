#include "hdfs/local_reader.hpp"

#include <algorithm>

namespace hdfsmount::hdfs {
namespace {

/// Buffers from this size on are of the usual size, because those are kept and used again.
constexpr std::size_t small_buffer = 64 * 1024;
/// What the disk is told of ahead of a reader in order, and when to tell it more.
constexpr std::uint64_t advice = 8ULL * 1024 * 1024;
constexpr std::uint64_t advice_left = 4ULL * 1024 * 1024;
/// Reads this far from where the last one ended are in order: the kernel sends those of one reader in any order.
constexpr std::uint64_t in_order = 4ULL * 1024 * 1024;

/// A reader in order that is so close to the end of a block has the next one's replica opened.
constexpr std::uint64_t near_the_end = 32ULL * 1024 * 1024;

std::size_t buffer_size(std::size_t wanted) {
  return wanted > small_buffer ? std::max(wanted, buffer_pool::usual_size) : wanted;
}

/// Keeps a replica locked in the DataNode's memory while it is read unchecked.
class anchor {
 public:
  explicit anchor(const datanode::local_replica& to) : to_(to.try_anchor() ? &to : nullptr) {}
  ~anchor() {
    if (to_ != nullptr) to_->unanchor();
  }
  anchor(const anchor&) = delete;
  anchor& operator=(const anchor&) = delete;
  explicit operator bool() const noexcept { return to_ != nullptr; }

 private:
  const datanode::local_replica* const to_;
};

using datanode::local_replica;

/// True, and `unchecked` says whether the checksums were left aside; false: the disk has to be waited for.
result<bool> fill(const local_replica& replica, std::uint64_t begin, net::mutable_byte_span into,
                  local_replica::patience how, bool skip_checksum, bool& unchecked) {
  using checking = local_replica::checking;
  const anchor held(replica);
  unchecked = skip_checksum || held || !replica.has_checksums();
  return replica.read(begin, into, how, unchecked ? checking::nothing : checking::checksums);
}

/// Whether the failure is of the read, which ends at `deadline`, and not of the replica.
bool gave_up(const error& failure, steady_time deadline) {
  if (failure == make_error_code(errc::cancelled)) return true;
  return failure == make_error_code(errc::timed_out) && std::chrono::steady_clock::now() >= deadline;
}

async::task<void> open_replica(const services& shared, block_locator::block_ptr block, steady_time deadline) {
  for (const auto& replica : block->replicas) {
    if (!shared.local->may_have(replica)) continue;
    const auto opened = co_await shared.local->open(*block, replica, deadline);
    if (opened) co_return;
  }
}

}  // namespace

local_reader::local_reader(const services& shared, std::shared_ptr<block_locator> file)
    : shared_(shared),
      file_(std::move(file)),
      passed_(shared.numbers, "short_circuit"),
      direct_(shared.numbers, "direct"),
      from_page_cache_(shared.numbers.get("short_circuit", "reads_from_page_cache")),
      from_disk_(shared.numbers.get("short_circuit", "reads_from_disk")),
      unchecked_(shared.numbers.get("short_circuit", "reads_unchecked")),
      bad_(shared.numbers.get("short_circuit", "bad_replicas")) {}

/// Whole chunks, because those are what checksums are of.
local_reader::extent local_reader::extent_of(const target& from, std::uint64_t offset, std::size_t size) const {
  const auto first = offset - from.block->offset;
  if (shared_.settings.skip_checksum || !from.replica->has_checksums()) return {first, size, 0};
  const auto chunk = from.replica->chunk();
  const auto begin = first / chunk * chunk;
  const auto end = std::min(from.replica->length(), (first + size + chunk - 1) / chunk * chunk);
  return {begin, static_cast<std::size_t>(end - begin), static_cast<std::size_t>(first - begin)};
}

std::optional<local_reader::target> local_reader::recent(std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  if (!block_ || offset < block_->offset || offset >= block_->end()) return std::nullopt;
  return target{block_, replica_.lock(), port_};
}

/// A replica of the block that is open already, or can be at once; nothing when there is none.
std::optional<local_reader::target> local_reader::find_open(block_locator::block_ptr block) {
  if (is_left_to_tcp(*block)) return std::nullopt;
  for (const auto& replica : block->replicas) {
    if (!shared_.local->may_have(replica)) continue;
    if (auto found = shared_.local->find(*block, replica))
      return target{std::move(block), std::move(found), replica.node.transfer_port};
  }
  return std::nullopt;
}

async::task<std::optional<local_reader::target>> local_reader::open(block_locator::block_ptr block,
                                                                    steady_time deadline) {
  if (auto found = find_open(block)) {
    remember(*found);
    co_return found;
  }
  if (is_left_to_tcp(*block)) co_return std::nullopt;
  for (const auto& replica : block->replicas) {
    if (!shared_.local->may_have(replica)) continue;
    auto opened = co_await shared_.local->open(*block, replica, deadline);
    if (!opened) continue;
    target made;
    made.block = std::move(block);
    made.replica = std::move(opened);
    made.port = replica.node.transfer_port;
    remember(made);
    co_return std::move(made);
  }
  co_return std::nullopt;
}

void local_reader::remember(const target& last) {
  const std::lock_guard lock(mutex_);
  block_ = last.block;
  replica_ = last.replica;
  port_ = last.port;
}

/// For large reads near the end of a block: asks for the next one's files while this one is still being read.
void local_reader::open_next(const target& from, std::uint64_t offset, std::size_t size) {
  const auto next = from.block->end();
  if (size < small_buffer || next - offset > near_the_end) return;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(opened_next_, next) == next) return;
  }
  const auto block = file_->known_complete(next);
  if (!block || find_open(block)) return;
  const auto deadline = std::chrono::steady_clock::now() + shared_.settings.timeout;
  async::spawn(shared_.where, shared_.log, open_replica(shared_, block, deadline));
}

std::optional<read_data> local_reader::try_read(std::uint64_t offset, std::size_t size) {
  if (shared_.local == nullptr) return std::nullopt;
  auto from = recent(offset);
  if (!from || !from->replica || !from->replica->current()) {
    auto block = from ? from->block : file_->known_complete(offset);
    from = block ? find_open(std::move(block)) : std::nullopt;
    if (!from) return std::nullopt;
    remember(*from);
  }
  if (offset + size > from->block->end()) return std::nullopt;
  const auto what = extent_of(*from, offset, size);
  auto memory = shared_.buffers->try_take(buffer_size(what.size));
  if (!memory) return std::nullopt;
  bool unchecked = false;
  const auto done = fill(*from->replica, what.begin, memory->space().first(what.size), local_replica::patience::none,
                         shared_.settings.skip_checksum, unchecked);
  if (!accepted(*from, done) || !*done) return std::nullopt;
  count(*from, what.size, unchecked, from_page_cache_);
  tier_of(*from).read.add(static_cast<std::int64_t>(size));
  from->replica->set_last_used(std::chrono::steady_clock::now());
  if (const auto until = ahead_of(*from, offset, size, false)) {
    auto tell = [replica = from->replica, begin = until - advice, count = advice] { replica->will_need(begin, count); };
    shared_.local->disk().start(std::move(tell));
  }
  open_next(*from, offset, size);
  read_data out;
  const auto bytes = memory->bytes().subspan(what.skipped, size);
  out.pieces.emplace_back(std::move(memory), bytes);
  return out;
}

/// Up to where in the block the disk is to be told that it will be read, or 0: nothing to tell. `cold`: this read had
/// to wait for the disk.
std::uint64_t local_reader::ahead_of(const target& from, std::uint64_t offset, std::size_t size, bool cold) {
  const auto end = offset + size;
  const std::lock_guard lock(mutex_);
  const auto previous = std::exchange(last_end_, end);
  const bool follows = offset <= previous + in_order && previous <= end + in_order && previous > 0;
  if (!follows || (!cold && advised_until_ == 0)) {
    if (!follows) advised_until_ = 0;
    return 0;
  }
  if (end + advice_left <= advised_until_ && advised_until_ <= end + 2 * advice) return 0;
  advised_until_ = end + advice;
  return advised_until_ - from.block->offset;
}

const local_reader::tier& local_reader::tier_of(const target& from) const {
  return from.replica->opened_from() == local_replica::origin::directory ? direct_ : passed_;
}

void local_reader::count(const target& from, std::size_t fetched, bool unchecked, counter& kind) const {
  kind.add();
  tier_of(from).fetched.add(static_cast<std::int64_t>(fetched));
  if (unchecked) unchecked_.add();
}

/// False for a replica that failed; from now on its block is read over TCP, which tells whether it is the replica's
/// fault: an append may have changed the files in the middle of a read.
bool local_reader::accepted(const target& from, const result<bool>& outcome) {
  if (outcome) return true;
  bad_.add();
  {
    const std::lock_guard lock(mutex_);
    left_to_tcp_.insert(from.block->offset);
    block_.reset();
  }
  const auto kind = "local replica" + outcome.error().code().message();
  const auto held_back = shared_.failures.admit(kind);
  shared_.log.log(held_back ? log_level::warning : log_level::debug,
                  "{}: block {}: reading its replica on this machine failed, reading it over TCP: {}{}", file_->name(),
                  from.block->block.id.value(), outcome.error().to_string(), more_like_it(held_back));
  shared_.local->distrust({from.block->block, from.port});
  return false;
}

bool local_reader::is_left_to_tcp(const wire::located_block& block) const {
  const std::lock_guard lock(mutex_);
  return left_to_tcp_.contains(block.offset);
}

async::task<block_locator::block_ptr> local_reader::locate(const call_context& context, std::uint64_t offset) {
  if (auto block = file_->known_complete(offset)) co_return block;
  const auto found = co_await file_->find(context, offset);
  if (!found) co_return nullptr;
  co_return file_->known_complete(offset);
}

async::task<bool> local_reader::prepare(call_context context) {
  if (shared_.local == nullptr) co_return false;
  const auto block = file_->known_complete(0);
  if (!block || block->corrupt) co_return false;
  const auto from = co_await open(block, context.deadline);
  co_return from.has_value();
}

async::task<std::optional<read_data>> local_reader::read(call_context context, std::uint64_t offset, std::size_t size) {
  if (shared_.local == nullptr) co_return std::nullopt;
  read_data out;
  for (const auto end = offset + size; offset < end;) {
    const auto block = co_await locate(context, offset);
    if (!block || block->corrupt) co_return std::nullopt;
    const auto from = co_await open(block, context.deadline);
    if (!from) co_return std::nullopt;
    const auto part = static_cast<std::size_t>(std::min(end, block->end()) - offset);
    const bool read = co_await read_part(context, *from, offset, part, out);
    if (!read) co_return std::nullopt;
    tier_of(*from).read.add(static_cast<std::int64_t>(part));
    open_next(*from, offset, part);
    offset += part;
  }
  co_return std::move(out);
}

async::task<bool> local_reader::read_part(const call_context& context, const target& from, std::uint64_t offset,
                                          std::size_t size, read_data& out) {
  const auto what = extent_of(from, offset, size);
  // Who holds memory must not wait for more.
  auto taken = shared_.buffers->try_take(buffer_size(what.size));
  if (!taken && !out.pieces.empty()) co_return false;
  auto memory = result<buffer_pool::buffer_ptr>(std::move(taken));
  if (!*memory) memory = co_await shared_.buffers->take(buffer_size(what.size), context.deadline);
  if (!memory) co_return false;
  const auto skip = shared_.settings.skip_checksum;
  bool unchecked = false;
  auto done = fill(*from.replica, what.begin, (*memory)->space().first(what.size), local_replica::patience::none, skip,
                   unchecked);
  const bool cold = done && !*done;
  if (cold) {
    const auto until = ahead_of(from, offset, size, true);
    auto work = [replica = from.replica, what, memory = *memory, skip, until]() -> result<bool> {
      if (until > 0) replica->will_need(what.begin, until - what.begin);
      bool left_aside = false;
      auto read =
          fill(*replica, what.begin, memory->space().first(what.size), local_replica::patience::disk, skip, left_aside);
      if (!read) return read.error();
      return left_aside;
    };
    // A disk that hangs leaves time for the DataNodes.
    const auto limit = std::min(context.deadline, std::chrono::steady_clock::now() + shared_.settings.attempt_timeout);
    done = co_await shared_.local->disk().run(std::move(work), limit);
    if (!done && gave_up(done.error(), context.deadline)) co_return false;
    unchecked = done && *done;
  }
  if (!accepted(from, done)) co_return false;
  count(from, what.size, unchecked, cold ? from_disk_ : from_page_cache_);
  const auto bytes = (*memory)->bytes().subspan(what.skipped, size);
  out.pieces.emplace_back(std::move(*memory), bytes);
  co_return true;
}

}  // namespace hdfsmount::hdfs
