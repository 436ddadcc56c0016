#include "hdfs/block_locator.hpp"

#include <fmt/format.h>

#include <set>

namespace hdfsmount::hdfs {

block_locator::block_locator(const services& shared, std::string path, std::string name)
    : shared_(shared),
      path_(std::move(path)),
      name_(std::move(name)),
      refreshing_(time_, shared.settings.timeout, shared.numbers.get("block_locations", "joined")) {}

async::task<result<void>> block_locator::open(call_context context) {
  auto found = co_await locate(context, 0, shared_.settings.prefetch_bytes);
  if (!found) co_return found.error();
  version_ = version_of(*found);
  co_return co_await take(std::move(context), std::move(*found), 0);
}

std::uint64_t block_locator::version_of(const wire::located_blocks& found) {
  std::uint64_t version = found.file_length;
  const auto mix = [&version](std::uint64_t value) {
    version = (version ^ value) * 0x9e3779b97f4a7c15U + (version >> 29);
  };
  const auto mix_block = [&mix](const wire::extended_block& block) {
    mix(block.id.value());
    mix(block.stamp.value());
    mix(block.length);
  };
  for (const auto& located : found.blocks) mix_block(located.block);
  if (found.last_block) mix_block(found.last_block->block);
  return version;
}

async::task<result<void>> block_locator::load(call_context context, std::uint64_t offset, std::uint64_t bytes,
                                              std::uint64_t at_least) {
  auto found = co_await locate(context, offset, bytes);
  if (!found) co_return found.error();
  co_return co_await take(std::move(context), std::move(*found), at_least);
}

async::task<result<wire::located_blocks>> block_locator::locate(call_context context, std::uint64_t offset,
                                                                std::uint64_t bytes) {
  auto found = co_await shared_.blocks.get_block_locations(std::move(context), path_, offset, bytes);
  if (!found) co_return found.error();
  if (found->erasure_coded) co_return error(errc::unsupported, name_ + " is erasure-coded");
  if (found->encrypted) co_return error(errc::unsupported, name_ + " is in an encryption zone");
  co_return found;
}

/// Adds what was found to what is known, with the visible length of a last block that is being written.
async::task<result<void>> block_locator::take(call_context context, wire::located_blocks found,
                                              std::uint64_t at_least) {
  std::uint64_t last_block_bytes = 0;
  if (!found.last_block_complete && found.last_block) {
    const auto begin = found.last_block->offset;
    const auto seen = std::max(at_least, length());
    const auto visible = co_await visible_length(context, *found.last_block, seen - std::min(seen, begin));
    if (!visible) co_return visible.error();
    last_block_bytes = *visible;
  }
  remember(std::move(found), last_block_bytes);
  co_return result<void>();
}

/// What a reader may see of a block that is being written: the answer of any of its DataNodes that knows of what has
/// been seen already, else the highest answer. A block that no DataNode has begun yet is empty.
/// (DFSInputStream.readBlockLength)
async::task<result<std::uint64_t>> block_locator::visible_length(call_context context, const wire::located_block& last,
                                                                 std::uint64_t at_least) {
  if (last.replicas.empty()) {
    if (last.block.length == 0) co_return std::uint64_t{0};
    co_return error(errc::no_replica, fmt::format("{}: nobody holds the last block, which is being written", name_));
  }
  error failure = errc::no_replica;
  std::optional<std::uint64_t> most;
  std::size_t without_replica = 0;
  std::set<std::string> tried;
  const auto failed = [&tried](const auto& uuid) { return tried.contains(uuid); };
  while (const auto* replica = shared_.choose_replica(last, failed)) {
    tried.insert(replica->node.uuid);
    const auto attempt = context.until(std::chrono::steady_clock::now() + shared_.settings.attempt_timeout);
    const auto answer = co_await shared_.blocks.get_visible_length(attempt, replica->node, last.block);
    if (answer) {
      shared_.health.succeeded(replica->node.uuid);
      most = std::max(most.value_or(0), *answer);
      if (*most >= at_least) co_return *most;
      continue;
    }
    failure = answer.error();
    if (failure == make_error_code(errc::cancelled)) co_return failure;
    if (std::chrono::steady_clock::now() >= context.deadline) break;
    if (failure == make_error_code(datanode_errc::refused)) ++without_replica;
    if (datanode::blames_node(failure)) shared_.health.failed(replica->node.uuid);
  }
  if (most) co_return *most;
  if (without_replica == last.replicas.size() && last.block.length == 0) co_return std::uint64_t{0};
  co_return failure.with_context(name_ + ": length of the last block");
}

void block_locator::remember(wire::located_blocks found, std::uint64_t last_block_bytes) {
  if (found.last_block && !found.last_block_complete) {
    auto& last = *found.last_block;
    last.block.length = last_block_bytes;
    std::erase_if(found.blocks, [&last](const auto& block) { return block.offset >= last.offset; });
    found.blocks.push_back(last);
  }
  const std::lock_guard lock(mutex_);
  for (auto& block : found.blocks) {
    auto overlapping = blocks_.upper_bound(block.offset);
    if (overlapping != blocks_.begin() && std::prev(overlapping)->second->end() > block.offset) --overlapping;
    while (overlapping != blocks_.end() && overlapping->second->offset < block.end())
      overlapping = blocks_.erase(overlapping);
    const auto offset = block.offset;
    blocks_[offset] = std::make_shared<const wire::located_block>(std::move(block));
  }
  length_ = found.file_length + last_block_bytes;
  complete_until_ = found.file_length;
  under_construction_ = found.under_construction;
}

async::task<result<block_locator::block_ptr>> block_locator::find(call_context context, std::uint64_t offset,
                                                                  block_ptr stale) {
  if (auto block = cached(offset); block && block != stale) co_return block;
  if (auto loaded = co_await load(std::move(context), offset, shared_.settings.prefetch_bytes, 0); !loaded)
    co_return loaded.error();
  if (auto block = cached(offset)) co_return block;
  co_return error(errc::no_replica, fmt::format("{}: the NameNode names no block at offset {}", name_, offset));
}

block_locator::block_ptr block_locator::cached(std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  return cached_locked(offset);
}

block_locator::block_ptr block_locator::known_complete(std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  return offset < complete_until_ ? cached_locked(offset) : nullptr;
}

block_locator::block_ptr block_locator::cached_locked(std::uint64_t offset) const {
  const auto behind = blocks_.upper_bound(offset);
  if (behind == blocks_.begin()) return nullptr;
  const auto& block = std::prev(behind)->second;
  return offset < block->end() ? block : nullptr;
}

async::task<result<std::uint64_t>> block_locator::refresh(call_context context, std::uint64_t at_least) {
  const auto keep_alive = shared_from_this();
  const auto deadline = context.deadline;
  auto ask = [this, &context, at_least] { return reload_end(context, at_least); };
  co_return co_await refreshing_.run(at_least, deadline, ask);
}

async::task<result<std::uint64_t>> block_locator::reload_end(call_context context, std::uint64_t at_least) {
  const auto known = length();
  const auto loaded =
      co_await load(std::move(context), known > 0 ? known - 1 : 0, shared_.settings.prefetch_bytes, at_least);
  if (!loaded) co_return loaded.error();
  co_return length();
}

std::uint64_t block_locator::length() const {
  const std::lock_guard lock(mutex_);
  return length_;
}

bool block_locator::under_construction() const {
  const std::lock_guard lock(mutex_);
  return under_construction_;
}

}  // namespace hdfsmount::hdfs
