#include "hdfs/read_ahead.hpp"

#include <algorithm>
#include <limits>

#include "async/sleep.hpp"
#include "hdfs/packet_source.hpp"

namespace hdfsmount::hdfs {
namespace {

constexpr std::uint64_t first_window = 1024 * 1024;
/// The kernel sends the reads of one sequential reader in any order: they overtake each other by so many, or by a
/// window. So much is waited for before the window.
constexpr std::uint64_t out_of_order = 4;
/// How long a fetch waits for memory while it holds some.
constexpr milliseconds memory_patience{50};
/// A fetch that nobody follows gives its connection and the window's memory back after this.
constexpr milliseconds idle_limit{5'000};
/// And when all of it has been read, after this: the kernel may still ask for an earlier part.
constexpr milliseconds idle_limit_at_end{1'000};
constexpr std::uint64_t nobody_waits = std::numeric_limits<std::uint64_t>::max();

}  // namespace

/// Guarded by mutex_. At most one fetch is not stopped: only it may touch the window.
struct read_ahead::fetch {
  bool stopped = false;
  bool waiting = false;          // for room
  bool ended = false;            // nothing more comes; what is here stays for a while
  std::optional<error> failure;  // why it ended; for the reads that wait on it
  async::running_task task;      // empty until it has begun
};

read_ahead::read_ahead(const services& shared, std::shared_ptr<block_locator> file, caller reader)
    : shared_(shared),
      file_(std::move(file)),
      reader_(std::move(reader)),
      awaited_(nobody_waits),
      needed_(nobody_waits) {}

call_context read_ahead::background_context() const {
  return {reader_, std::chrono::steady_clock::now() + shared_.settings.timeout};
}

/// Whether more is to be fetched.
bool read_ahead::has_room_locked() const {
  return unread_ < window_ || fetched_locked() < wanted_;
}

std::uint64_t read_ahead::fetched_locked() const {
  return segments_.empty() ? begin_ : segments_.back().end();
}

bool read_ahead::fetching_locked() const {
  return current_ && !current_->ended;
}

bool read_ahead::covers(std::uint64_t offset, std::size_t size) const {
  const std::lock_guard lock(mutex_);
  return covers_locked(offset, size);
}

bool read_ahead::covers_locked(std::uint64_t offset, std::size_t size) const {
  const auto first = segments_.empty() ? begin_ : segments_.front().offset;
  if (offset < first) return false;
  if (offset < fetched_locked()) return true;
  const auto room = window_ - std::min(window_, unread_);
  return fetching_locked() && offset <= std::max(fetched_locked() + room, wanted_) + out_of_order * size;
}

void read_ahead::start(std::uint64_t offset) {
  const auto next = std::make_shared<fetch>();
  replace(next, offset);
  // Without the lock: the task may begin on this very thread.
  const auto task = async::spawn(shared_.where, shared_.log, run(shared_from_this(), next, offset));
  const std::lock_guard lock(mutex_);
  next->task = task;
  if (next->stopped) task.cancel();
}

void read_ahead::stop() noexcept {
  replace(nullptr, 0);
}

bool read_ahead::active() const {
  const std::lock_guard lock(mutex_);
  return current_ != nullptr;
}

/// Ends the fetch under way and puts `next`, if any, in its place in one step.
void read_ahead::replace(const std::shared_ptr<fetch>& next, std::uint64_t offset) {
  std::deque<segment> dropped;  // freed after the lock is released
  {
    const std::lock_guard lock(mutex_);
    dropped.swap(segments_);
    if (current_) {
      current_->stopped = true;
      current_->task.cancel();
    }
    current_ = next;
    begin_ = wanted_ = offset;
    unread_ = progress_ = 0;
    window_ = first_window;
    was_full_ = followed_ = false;
  }
  arrived_.notify_all();
}

std::optional<read_data> read_ahead::try_read(std::uint64_t offset, std::size_t size) {
  std::optional<read_data> out;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    out = take_locked(offset, size, wake);
  }
  if (wake) room_.notify_all();
  return out;
}

/// What is here of the range, if all of it is; `wake`: the fetch has room again.
std::optional<read_data> read_ahead::take_locked(std::uint64_t offset, std::size_t size, bool& wake) {
  auto out = collect_locked(offset, size);
  if (!out) return out;
  answered_locked(offset, size);
  last_used_ = std::chrono::steady_clock::now();
  wake = current_ && current_->waiting && unread_ + window_ / 4 <= window_;
  return out;
}

std::optional<read_data> read_ahead::collect_locked(std::uint64_t offset, std::size_t size) const {
  if (segments_.empty() || offset < segments_.front().offset || offset + size > segments_.back().end())
    return std::nullopt;
  read_data out;
  for (const auto& part : segments_) {
    if (part.end() <= offset || size == 0) continue;
    const auto skipped = static_cast<std::size_t>(offset - part.offset);
    const auto count = std::min(size, part.filled - skipped);
    out.pieces.emplace_back(part.memory, part.memory->bytes().subspan(skipped, count));
    offset += count;
    size -= count;
  }
  return out;
}

void read_ahead::answered_locked(std::uint64_t offset, std::size_t size) {
  const auto end = offset + size;
  for (auto& part : segments_) {
    if (part.end() <= offset) continue;
    if (part.offset >= end) break;
    const auto common = std::min(end, part.end()) - std::max(offset, part.offset);
    const auto fresh = std::min<std::size_t>(part.unread, static_cast<std::size_t>(common));
    part.unread -= fresh;
    unread_ -= fresh;
    progress_ += fresh;
  }
  followed_ = followed_ || progress_ >= first_window / 2;
  while (segments_.size() > 1 && segments_.front().unread == 0) pop_front_locked();
}

/// A read has to wait. When the window had been full before, it was too small to bridge what its bytes take to come.
void read_ahead::await_locked(std::uint64_t offset, std::size_t size) {
  wanted_ = std::max(wanted_, offset + size);
  awaited_ = std::min(awaited_, offset + size);
  needed_ = std::min(needed_, offset);
  if (was_full_ && progress_ >= window_ / 2) {
    window_ = std::min<std::uint64_t>(window_ * 2, shared_.settings.largest_window);
    progress_ = 0;
    was_full_ = false;
  }
  // What the reader has left so far behind it has skipped.
  const auto slack = std::max(out_of_order * size, window_);
  while (segments_.size() > 1 && segments_.front().end() + slack <= offset) pop_front_locked();
}

void read_ahead::pop_front_locked() {
  unread_ -= segments_.front().unread;
  segments_.pop_front();
}

async::task<result<std::optional<read_data>>> read_ahead::read(call_context context, std::uint64_t offset,
                                                               std::size_t size) {
  const auto here = co_await boost::asio::this_coro::executor;
  std::shared_ptr<fetch> awaited;
  for (;;) {
    std::optional<read_data> data;
    async::notifier::ticket_ptr ticket;
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      data = take_locked(offset, size, wake);
      if (!data) {
        if (awaited && awaited->failure) co_return *awaited->failure;
        if (!fetching_locked() || !covers_locked(offset, size)) co_return std::optional<read_data>();
        awaited = current_;
        wake = current_->waiting;
        await_locked(offset, size);
        ticket = arrived_.ticket(here);
      }
    }
    if (wake) room_.notify_all();
    if (data) co_return std::move(data);
    if (auto woken = co_await arrived_.wait(std::move(ticket), context.deadline); !woken) co_return woken.error();
  }
}

async::task<void> read_ahead::run(std::shared_ptr<read_ahead> self, std::shared_ptr<fetch> current,
                                  std::uint64_t begin) {
  const auto outcome = co_await self->fetch_all(current, begin);
  if (!self->end_fetch(*current, outcome)) co_return;
  co_await self->wait_until_idle();
  self->drop(current);
}

/// Until the end of the file, or a failure: errc::timed_out when nobody followed.
async::task<result<void>> read_ahead::fetch_all(std::shared_ptr<fetch> current, std::uint64_t begin) {
  packet_source source(shared_, file_, reader_, begin, file_->length(), first_window);
  for (;;) {
    if (auto room = co_await wait_for_room(current); !room) co_return room.error();
    const auto more = co_await fetch_packet(current, source);
    if (!more) co_return more.error();
    if (!*more) co_return result<void>();
    if (is_followed()) source.look_ahead(background_context());
  }
}

bool read_ahead::is_followed() const {
  const std::lock_guard lock(mutex_);
  return followed_;
}

/// One packet into the window; false at the end of the file.
async::task<result<bool>> read_ahead::fetch_packet(const std::shared_ptr<fetch>& current, packet_source& source) {
  const auto packet = co_await source.next(background_context());
  if (!packet) co_return packet.error();
  if (packet->length == 0) co_return false;
  auto memory = co_await more_memory(current, packet->length);
  if (!memory) co_return memory.error();
  if (!*memory) co_return true;
  std::size_t used = 0;
  {
    const std::lock_guard lock(mutex_);
    // What more_memory() found may have been dropped since; readers may still hold it.
    if (current->stopped) co_return error(errc::cancelled);
    if (!segments_.empty() && segments_.back().memory == *memory) used = segments_.back().filled;
  }
  const auto received = co_await source.receive(background_context(), (*memory)->space().subspan(used, packet->length));
  if (!received) co_return received.error();
  if (!*received) co_return true;
  {
    const std::lock_guard lock(mutex_);
    if (current->stopped) co_return error(errc::cancelled);
    if (used == 0) segments_.push_back({packet->offset, 0, 0, std::move(*memory)});
    segments_.back().filled += packet->length;
    segments_.back().unread += packet->length;
    unread_ += packet->length;
    if (fetched_locked() < awaited_) co_return true;
    awaited_ = needed_ = nobody_waits;
  }
  arrived_.notify_all();
  co_return true;
}

/// The last segment's memory while it has room for `length` more bytes, else a new one's. Null when there is none to
/// have and nobody waits for more than is here.
async::task<result<buffer_pool::buffer_ptr>> read_ahead::more_memory(const std::shared_ptr<fetch>& current,
                                                                     std::size_t length) {
  {
    const std::lock_guard lock(mutex_);
    if (current->stopped) co_return error(errc::cancelled);
    if (!segments_.empty() && segments_.back().memory->space().size() - segments_.back().filled >= length)
      co_return segments_.back().memory;
  }
  const auto size = std::max(length, buffer_pool::usual_size);
  if (auto memory = shared_.buffers->try_take_ahead(size)) co_return std::move(memory);
  bool holds = false;
  if (!release_for_others(*current, holds)) co_return buffer_pool::buffer_ptr();
  auto deadline = background_context().deadline;
  // Streams that each hold something and wait for more would wait for each other.
  if (holds) deadline = std::min(deadline, std::chrono::steady_clock::now() + memory_patience);
  auto memory = co_await shared_.buffers->take(size, deadline);
  if (!memory && holds) give_up(*current);
  co_return memory;
}

/// Memory is short: drops what no waiting read needs. False when there is still something to read and nobody waits:
/// then that is all the window there is. `holds`: a waiting read needs what is here.
bool read_ahead::release_for_others(const fetch& current, bool& holds) {
  std::deque<segment> dropped;  // freed after the lock is released
  const std::lock_guard lock(mutex_);
  if (current.stopped) return true;
  const bool awaited = awaited_ != nobody_waits;
  if (unread_ > 0 && !awaited) {
    window_ = std::min(window_, unread_);
    wanted_ = std::min(wanted_, fetched_locked());
    return false;
  }
  begin_ = fetched_locked();
  while (!segments_.empty() && (!awaited || segments_.front().end() <= needed_)) {
    unread_ -= segments_.front().unread;
    dropped.push_back(std::move(segments_.front()));
    segments_.pop_front();
  }
  holds = !segments_.empty();
  return true;
}

/// Ends the fetch and gives up the window: the reads that wait fetch their bytes by themselves.
void read_ahead::give_up(const fetch& ending) {
  {
    const std::lock_guard lock(mutex_);
    if (ending.stopped) return;
  }
  stop();
}

async::task<result<void>> read_ahead::wait_for_room(const std::shared_ptr<fetch>& current) {
  const auto here = co_await boost::asio::this_coro::executor;
  const auto limit = std::chrono::steady_clock::now() + idle_limit;
  for (;;) {
    async::notifier::ticket_ptr ticket;
    {
      const std::lock_guard lock(mutex_);
      if (current->stopped) co_return error(errc::cancelled);
      current->waiting = !has_room_locked();
      if (!current->waiting) co_return result<void>();
      was_full_ = true;
      ticket = room_.ticket(here);
    }
    if (auto woken = co_await room_.wait(std::move(ticket), limit); !woken) co_return woken.error();
  }
}

/// Nothing more comes. False: somebody has put another fetch in its place.
bool read_ahead::end_fetch(fetch& ending, const result<void>& outcome) {
  {
    const std::lock_guard lock(mutex_);
    if (ending.stopped) return false;
    if (outcome.has_error() && !ending.waiting) ending.failure = outcome.error();
    ending.waiting = false;
    ending.ended = true;
    last_used_ = std::chrono::steady_clock::now();
    awaited_ = needed_ = nobody_waits;
  }
  arrived_.notify_all();
  return true;
}

/// Ends when what is here has not been read for a while, or on cancellation.
async::task<void> read_ahead::wait_until_idle() {
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    steady_time until;
    {
      const std::lock_guard lock(mutex_);
      until = last_used_ + (unread_ == 0 ? idle_limit_at_end : idle_limit);
    }
    if (until <= now) co_return;
    if (const auto slept = co_await async::sleep_until(std::min(until, now + idle_limit_at_end)); !slept) co_return;
  }
}

/// Frees the window, unless another fetch has it.
void read_ahead::drop(const std::shared_ptr<fetch>& ended) {
  std::deque<segment> dropped;  // freed after the lock is released
  const std::lock_guard lock(mutex_);
  if (current_ != ended) return;
  begin_ = fetched_locked();
  dropped.swap(segments_);
  unread_ = 0;
  current_->stopped = true;
  current_.reset();
}

}  // namespace hdfsmount::hdfs
