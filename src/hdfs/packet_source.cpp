#include "hdfs/packet_source.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "async/sleep.hpp"
#include "base/random.hpp"

namespace hdfsmount::hdfs {
namespace {

constexpr std::uint64_t run_growth = 4;
constexpr std::uint64_t longest_run = 1ULL << 40;  // more than any block
/// What is still on its way when the next run is opened: more than a fast line holds for one round trip.
constexpr std::uint64_t lead = 8 * 1024 * 1024;
/// Before the NameNode is asked again because no replica could be read.
constexpr std::array<milliseconds, 3> pauses{milliseconds(200), milliseconds(1000), milliseconds(3000)};

/// What to give up with when no other replica is to be tried, because the failure is not the DataNode's or no time is
/// left.
std::optional<error> end_of_everything(const error& failure, const call_context& context) {
  if (failure == make_error_code(errc::cancelled) || failure == make_error_code(errc::out_of_memory)) return failure;
  if (std::chrono::steady_clock::now() >= context.deadline) return error(errc::timed_out, failure.to_string());
  return std::nullopt;
}

}  // namespace

void replica_race::take(const void* who, const std::string& uuid) {
  const std::lock_guard lock(mutex_);
  current_[who] = uuid;
}

void replica_race::leave(const void* who) {
  const std::lock_guard lock(mutex_);
  current_.erase(who);
}

bool replica_race::taken_by_another(const void* who, const std::string& uuid) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(current_, [&](const auto& one) { return one.first != who && one.second == uuid; });
}

std::vector<std::string> replica_race::others(const void* who) const {
  std::vector<std::string> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [other, uuid] : current_)
    if (other != who) out.push_back(uuid);
  return out;
}

packet_source::packet_source(const services& shared, std::shared_ptr<block_locator> file, caller reader,
                             std::uint64_t begin, std::uint64_t end, std::uint64_t run,
                             std::shared_ptr<replica_race> race)
    : shared_(shared),
      file_(std::move(file)),
      reporter_(std::move(reader)),
      position_(begin),
      end_(end),
      run_(run),
      race_(std::move(race)),
      over_tcp_(shared.numbers.get("fetched_bytes", "remote")),
      over_socket_(shared.numbers.get("fetched_bytes", "domain_socket")) {}

packet_source::~packet_source() {
  if (next_) next_->abandon();
  if (race_) race_->leave(this);
}

async::task<result<packet_source::packet>> packet_source::next(call_context context) {
  for (;;) {
    if (!reader_) {
      if (position_ >= end_) co_return packet();
      if (auto opened = co_await open_reader(context); !opened) co_return opened.error();
    }
    const auto length = co_await reader_->next_packet(context.deadline);
    if (!length) {
      if (auto end = end_of_everything(length.error(), context)) co_return std::move(*end);
      replica_failed(length.error());
    } else if (*length == 0) {
      reader_.reset();
      run_ = std::min(run_ * run_growth, longest_run);
    } else {
      packet_.offset = block_->offset + reader_->packet_offset();
      packet_.length = *length;
      packet_.chunk = reader_->chunk();
      co_return packet_;
    }
  }
}

async::task<result<bool>> packet_source::receive(call_context context, net::mutable_byte_span into) {
  const auto received = co_await reader_->receive(into, context.deadline);
  if (!received) {
    if (auto end = end_of_everything(received.error(), context)) co_return std::move(*end);
    replica_failed(received.error());
    co_return false;
  }
  position_ = packet_.offset + packet_.length;
  fetched_->add(static_cast<std::int64_t>(packet_.length));
  replica_delivered();
  co_return true;
}

/// Goes through replicas and rounds until one answers.
async::task<result<void>> packet_source::open_reader(call_context context) {
  const auto taken = co_await take_next_run(context);
  if (!taken) co_return taken.error();
  if (*taken) co_return result<void>();
  for (;;) {
    if (!block_ || position_ < block_->offset || position_ >= block_->end()) {
      auto found = co_await file_->find(context, position_);
      if (!found) co_return found.error();
      change_block(std::move(*found));
    }
    const auto failed = [this](const auto& uuid) {
      return tried_.contains(uuid) || corrupt_.contains(uuid) || (race_ && race_->taken_by_another(this, uuid));
    };
    const auto* replica = shared_.choose_replica(*block_, failed);
    if (replica == nullptr && race_ && !race_->others(this).empty()) co_return last_failure_;
    if (replica == nullptr) {
      if (auto again = co_await next_round(context); !again) co_return again.error();
      continue;
    }
    if (race_) race_->take(this, replica->node.uuid);
    node_uuid_ = replica->node.uuid;
    node_name_ = shared_.transfer_address(replica->node).to_string();
    const auto length = std::min({run_, block_->end() - position_, end_ - position_});
    auto opened = co_await open_run(shared_, context, block_, *replica, position_, length);
    if (opened) {
      use(std::move(*opened), length);
      co_return result<void>();
    }
    if (auto end = end_of_everything(opened.error(), context)) co_return std::move(*end);
    replica_failed(opened.error());
  }
}

void packet_source::use(std::unique_ptr<block_run> opened, std::uint64_t length) {
  node_uuid_ = std::move(opened->node_uuid);
  node_name_ = std::move(opened->node_name);
  reader_ = std::move(opened->reader);
  fetched_ = opened->over_socket ? &over_socket_ : &over_tcp_;
  run_end_ = position_ + length;
  delivered_ = false;
}

void packet_source::change_block(block_locator::block_ptr block) {
  block_ = std::move(block);
  tried_.clear();
  suspect_.clear();
  corrupt_.clear();
  reported_ = false;
  round_ = 0;
}

void packet_source::look_ahead(const call_context& context) {
  if (next_ || !reader_ || run_end_ >= end_ || run_end_ - position_ > lead) return;
  const auto length = std::min(run_ * run_growth, end_ - run_end_);
  next_ = next_run::open(shared_, file_, context, run_end_, length);
}

/// Whether what was opened ahead is what comes now.
async::task<result<bool>> packet_source::take_next_run(const call_context& context) {
  const auto next = std::exchange(next_, nullptr);
  if (!next) co_return false;
  if (next->position() != position_) {
    next->abandon();
    co_return false;
  }
  auto opened = co_await next->take(context.deadline);
  if (!opened) {
    next->abandon();
    if (auto end = end_of_everything(opened.error(), context)) co_return std::move(*end);
    co_return false;
  }
  if (block_ != (*opened)->block) change_block((*opened)->block);
  const auto length = std::min({run_, block_->end() - position_, end_ - position_});
  use(std::move(*opened), length);
  co_return true;
}

/// Whether there are replicas and each was found corrupt.
bool packet_source::all_corrupt() const {
  const auto is_corrupt = [this](const auto& replica) { return corrupt_.contains(replica.node.uuid); };
  return !block_->replicas.empty() && std::ranges::all_of(block_->replicas, is_corrupt);
}

/// Every replica has failed: asks the NameNode again after a pause, or gives up with the last failure.
async::task<result<void>> packet_source::next_round(call_context& context) {
  const auto now = std::chrono::steady_clock::now();
  const bool hopeless = all_corrupt();
  const auto pause = round_ < static_cast<int>(pauses.size()) ? with_jitter(pauses[static_cast<std::size_t>(round_)])
                                                              : milliseconds(0);
  if (hopeless || round_ == static_cast<int>(pauses.size()) || now + pause >= context.deadline) {
    const auto why = block_->replicas.empty() ? error(errc::no_replica, "no DataNode holds it") : last_failure_;
    co_return error(now + pause >= context.deadline && !hopeless ? errc::timed_out : errc::no_replica,
                    fmt::format("{}: block {} at offset {}: {}", file_->name(), block_->block.id.value(),
                                block_->offset, why.to_string()));
  }
  if (auto slept = co_await async::sleep_until(now + pause); !slept) co_return slept.error();
  auto found = co_await file_->find(context, position_, block_);
  if (!found) co_return found.error();
  if ((*found)->block.stamp != block_->block.stamp) {
    suspect_.clear();
    corrupt_.clear();
  }
  block_ = std::move(*found);
  tried_.clear();
  ++round_;
  co_return result<void>();
}

/// A replica that does not match its checksums is read once more before it counts as corrupt: the bytes may have been
/// damaged on their way.
void packet_source::replica_failed(const error& failure) {
  reader_.reset();
  last_failure_ = failure;
  const bool mismatch = failure == make_error_code(errc::checksum_mismatch);
  const bool read_again = mismatch && suspect_.insert(node_uuid_).second;
  const auto held_back = shared_.failures.admit(node_uuid_ + failure.code().message());
  shared_.log.log(held_back ? log_level::warning : log_level::debug,
                  "{}: block {} at offset {}: DataNode {} failed, {}: {}{}", file_->name(), block_->block.id.value(),
                  position_, node_name_, read_again ? "reading it again" : "trying another replica",
                  failure.to_string(), more_like_it(held_back));
  shared_.numbers.get("replica_failures", failure.code().message()).add();
  if (!mismatch) tried_.insert(node_uuid_);
  if (mismatch && !read_again) {
    corrupt_.insert(node_uuid_);
    if (block_->replicas.size() == 1) report_corrupt();
  }
  if (datanode::blames_node(failure)) shared_.health.failed(node_uuid_);
}

void packet_source::replica_delivered() {
  if (std::exchange(delivered_, true)) return;
  shared_.health.succeeded(node_uuid_);
  round_ = 0;
  if (!corrupt_.empty()) report_corrupt();
}

namespace {

async::task<void> report(const services& shared, call_context context, std::vector<wire::located_block> bad) {
  const auto told = co_await shared.blocks.report_bad_blocks(std::move(context), std::move(bad));
  if (!told) shared.log.warning("cannot report a corrupt replica to the NameNode: {}", told.error().to_string());
}

}  // namespace

/// Tells the NameNode which replicas are corrupt. When several replicas disagree with their checksums and none has
/// delivered, the fault may be ours, so nothing is said. (DFSUtilClient.reportCheckSumFailure)
void packet_source::report_corrupt() {
  wire::located_block bad = *block_;
  std::erase_if(bad.replicas, [this](const auto& replica) { return !corrupt_.contains(replica.node.uuid); });
  if (!bad.replicas.empty() && !reported_) {
    reported_ = true;
    call_context context(reporter_, std::chrono::steady_clock::now() + shared_.settings.timeout);
    std::vector<wire::located_block> blocks{std::move(bad)};
    async::spawn(shared_.where, shared_.log, report(shared_, std::move(context), std::move(blocks)));
  }
}

}  // namespace hdfsmount::hdfs
