#include "hdfs/read_ahead_set.hpp"

#include <algorithm>

namespace hdfsmount::hdfs {
namespace {

/// One read that follows another may do so by chance.
constexpr int enough_followers = 2;

/// The kernel sends the requests of one sequential reader in any order: one may be missing in between.
bool follows(std::uint64_t offset, std::size_t size, std::uint64_t previous_end) {
  return previous_end > 0 && offset >= previous_end && offset <= previous_end + size;
}

constexpr auto by_use = [](const auto& a, const auto& b) { return a.used < b.used; };

}  // namespace

read_ahead_set::read_ahead_set(const services& shared, std::shared_ptr<block_locator> file, caller reader)
    : shared_(shared), file_(std::move(file)), reader_(std::move(reader)) {}

std::optional<read_data> read_ahead_set::try_read(std::uint64_t offset, std::size_t size) {
  const std::lock_guard lock(mutex_);
  for (auto& one : streams_) {
    auto data = one.window->try_read(offset, size);
    if (!data) continue;
    use_locked(one, offset + size);
    return data;
  }
  return std::nullopt;
}

std::shared_ptr<read_ahead> read_ahead_set::choose(std::uint64_t offset, std::size_t size) {
  // With the lock held throughout, so that of several first reads one starts the window and the others wait for it.
  const std::lock_guard lock(mutex_);
  if (auto* const found = covering_locked(offset, size)) {
    use_locked(*found, offset + size);
    return found->window;
  }
  // The beginning of a file is worth a window; a file read whole at once is not.
  const bool begins = offset == 0 && size < file_->length();
  return begins || is_followed_locked(offset, size) ? start_locked(offset, size) : nullptr;
}

read_ahead_set::stream* read_ahead_set::covering_locked(std::uint64_t offset, std::size_t size) {
  const auto found = std::ranges::find_if(streams_, [&](auto& one) { return one.window->covers(offset, size); });
  return found == streams_.end() ? nullptr : &*found;
}

/// Of the read before, or a new one in the place of the oldest.
read_ahead_set::candidate& read_ahead_set::candidate_locked(std::uint64_t offset, std::size_t size) {
  const auto found = std::ranges::find_if(candidates_, [&](auto& one) { return follows(offset, size, one.end); });
  if (found != candidates_.end()) {
    ++found->followers;
    return *found;
  }
  auto& made = *std::min_element(candidates_.begin(), candidates_.end(), by_use);
  const bool resumes = std::ranges::any_of(streams_, [&](auto& one) { return follows(offset, size, one.end); });
  made = {0, turn_, 0, resumes ? 1 : 0};
  return made;
}

/// Whether a reader is recognised by this read, which is remembered.
bool read_ahead_set::is_followed_locked(std::uint64_t offset, std::size_t size) {
  auto& here = candidate_locked(offset, size);
  here.end = offset + size;
  here.used = ++turn_;
  if (here.followers < enough_followers) return false;
  for (const auto& one : streams_)
    if (one.used <= here.since) one.window->stop();
  here = {};
  return true;
}

/// In the place of a window that has ended, or of the least recently used one.
std::shared_ptr<read_ahead> read_ahead_set::start_locked(std::uint64_t offset, std::size_t size) {
  const auto ended = std::ranges::find_if(streams_, [](auto& one) { return !one.window->active(); });
  const bool makes_one = ended == streams_.end() && streams_.size() < most;
  if (makes_one) streams_.push_back({std::make_shared<read_ahead>(shared_, file_, reader_), 0, 0});
  auto& here = makes_one                 ? streams_.back()
               : ended != streams_.end() ? *ended
                                         : *std::min_element(streams_.begin(), streams_.end(), by_use);
  here.window->start(offset);
  use_locked(here, offset + size);
  return here.window;
}

void read_ahead_set::use_locked(stream& which, std::uint64_t end) {
  which.end = end;
  which.used = ++turn_;
}

void read_ahead_set::begin() {
  const std::lock_guard lock(mutex_);
  if (covering_locked(0, 1) == nullptr) start_locked(0, 0);
}

void read_ahead_set::stop() noexcept {
  const std::lock_guard lock(mutex_);
  for (const auto& one : streams_) one.window->stop();
}

}  // namespace hdfsmount::hdfs
