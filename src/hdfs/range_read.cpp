#include "hdfs/range_read.hpp"

#include <algorithm>

#include "async/one_shot.hpp"

namespace hdfsmount::hdfs {
namespace {

/// What one read wants; the attempts of a hedged one share it.
struct range {
  const services& shared;
  std::shared_ptr<block_locator> file;
  caller reader;
  std::uint64_t offset;
  std::size_t size;
};

/// `late`: another attempt has not delivered in time.
async::task<result<read_data>> fetch(range what, call_context context, std::shared_ptr<replica_race> race, bool late) {
  packet_source source(what.shared, what.file, what.reader, what.offset, what.offset + what.size, what.size, race);
  const auto end = what.offset + what.size;
  read_data out;
  buffer_pool::buffer_ptr memory;
  std::size_t used = 0;
  for (;;) {
    const auto packet = co_await source.next(context);
    if (!packet) co_return packet.error();
    if (packet->length == 0) break;
    if (!memory || memory->space().size() - used < packet->length) {
      // Room for all packets that hold the rest of the range: who holds memory must not wait for more.
      const auto whole = (end + packet->chunk - 1) / packet->chunk * packet->chunk;
      const auto rest = static_cast<std::size_t>(whole - std::min(whole, packet->offset));
      const auto room = std::max(packet->length, rest);
      auto taken = co_await what.shared.buffers->take(room, context.deadline);
      if (!taken) co_return taken.error();
      memory = std::move(*taken);
      used = 0;
    }
    const auto received = co_await source.receive(context, memory->space().subspan(used, packet->length));
    if (!received) co_return received.error();
    if (!*received) continue;
    const auto first = std::max(packet->offset, what.offset);
    const auto last = std::min<std::uint64_t>(packet->offset + packet->length, end);
    if (first < last)
      out.pieces.emplace_back(memory, memory->bytes().subspan(used + static_cast<std::size_t>(first - packet->offset),
                                                              static_cast<std::size_t>(last - first)));
    used += packet->length;
  }
  if (out.size() != what.size)
    co_return error(errc::protocol_error, what.file->name() + ": a DataNode delivered fewer bytes than asked for");
  if (late)
    for (const auto& slow : race->others(&source)) what.shared.health.failed(slow);
  co_return std::move(out);
}

/// Attempts at the same range at different DataNodes. The first that succeeds is the outcome, or the last that fails.
class hedge {
 public:
  explicit hedge(range what) : what_(std::move(what)) {}
  ~hedge() {
    for (const auto& attempt : attempts_) attempt.cancel();
  }
  hedge(const hedge&) = delete;
  hedge& operator=(const hedge&) = delete;

  /// `permit` is kept until the attempt has ended.
  void start(const call_context& context, async::budget::share permit = {}) {
    ++race_->running;
    const bool first = attempts_.empty();
    attempts_.push_back(
        async::spawn(what_.shared.where, what_.shared.log, run(what_, context, race_, std::move(permit), first)));
  }
  async::task<result<read_data>> outcome(steady_time until) { return race_->outcome.wait(until); }
  bool decided() const { return race_->outcome.ready(); }

 private:
  struct race : replica_race {
    std::atomic<int> running = 0;
    async::one_shot<read_data> outcome;
  };
  static async::task<void> run(range what, call_context context, std::shared_ptr<race> in,
                               [[maybe_unused]] async::budget::share permit, bool first) {
    auto got = co_await fetch(what, std::move(context), in, !first);
    const bool last = --in->running == 0;
    if (!got && !last) co_return;
    const bool won = in->outcome.set(std::move(got));
    if (won && !first) what.shared.numbers.get("hedged_reads", "won").add();
  }

  const range what_;
  const std::shared_ptr<race> race_ = std::make_shared<race>();
  std::vector<async::running_task> attempts_;
};

async::task<result<read_data>> fetch_hedged(range what, call_context context) {
  const auto& shared = what.shared;
  hedge attempts(std::move(what));
  attempts.start(context);
  const auto threshold = std::chrono::steady_clock::now() + shared.settings.hedged_after;
  auto early = co_await attempts.outcome(std::min(threshold, context.deadline));
  const bool cancelled = co_await async::is_cancelled();
  if (cancelled || attempts.decided() || threshold >= context.deadline) co_return early;
  if (auto permit = shared.hedges->try_take(1)) {
    shared.numbers.get("hedged_reads", "started").add();
    attempts.start(context, std::move(permit));
  } else {
    shared.numbers.get("hedged_reads", "not_permitted").add();
  }
  co_return co_await attempts.outcome(context.deadline);
}

}  // namespace

async::task<result<read_data>> read_range(const services& shared, std::shared_ptr<block_locator> file, caller reader,
                                          call_context context, std::uint64_t offset, std::size_t size) {
  range what{shared, std::move(file), std::move(reader), offset, size};
  if (shared.settings.hedged_reads == 0) return fetch(std::move(what), std::move(context), nullptr, false);
  return fetch_hedged(std::move(what), std::move(context));
}

}  // namespace hdfsmount::hdfs
