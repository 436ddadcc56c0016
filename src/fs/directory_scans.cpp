#include "fs/directory_scans.hpp"

#include <algorithm>

namespace hdfsmount::fs {
namespace {

/// Programs leave names out: those they are not interested in, and those that are still cached.
constexpr std::uint64_t longest_step = 8;
/// So many names in order make a scan.
constexpr int enough_in_order = 2;
constexpr std::uint64_t first_name = 2;  // after "." and ".."

}  // namespace

void directory_scans::listed(inode_id directory, std::shared_ptr<const numbered_page> page) {
  const std::lock_guard lock(mutex_);
  auto [found, added] = scans_.try_emplace(directory);
  auto& it = found->second;
  if (!added) by_age_.erase(it.age);
  it.age = by_age_.insert(by_age_.end(), directory);
  it.places.clear();
  // What follows this page is numbered anew.
  while (!it.pages.empty() && it.pages.back()->first >= page->first) {
    it.names -= it.pages.back()->entries.size();
    names_ -= it.pages.back()->entries.size();
    it.pages.pop_back();
  }
  if (it.names >= limit_) return;
  it.names += page->entries.size();
  names_ += page->entries.size();
  it.pages.push_back(std::move(page));
  while (names_ > limit_ && by_age_.front() != directory) forget(by_age_.front());
}

void directory_scans::forget(inode_id directory) {
  const auto found = scans_.find(directory);
  names_ -= found->second.names;
  by_age_.erase(found->second.age);
  scans_.erase(found);
}

void directory_scans::index(scan& of) {
  for (const auto& page : of.pages) {
    auto place = page->first;
    for (const auto& entry : page->entries) of.places.emplace(entry.name, place++);
  }
}

std::optional<std::string> directory_scans::look_up(inode_id directory, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = scans_.find(directory);
  if (found == scans_.end()) return std::nullopt;
  auto& it = found->second;
  if (it.places.empty()) index(it);
  const auto place = it.places.find(name);
  if (place == it.places.end()) return std::nullopt;
  const bool follows = it.at < place->second && place->second <= it.next_by;
  it.in_order = follows ? it.in_order + 1 : 1;
  it.at = place->second;
  it.next_by = std::max(follows ? it.next_by : 0, it.at + longest_step);
  if (it.in_order < enough_in_order || it.renewing) return std::nullopt;
  auto before = name_before(it, it.at);
  it.renewing = before.has_value();
  return before;
}

/// Empty: `place` is the first of all. Nothing: the page before is not remembered.
std::optional<std::string> directory_scans::name_before(const scan& of, std::uint64_t place) {
  if (place <= first_name) return std::string();
  for (const auto& page : of.pages)
    if (page->first < place && place <= page->end())
      return page->entries[static_cast<std::size_t>(place - 1 - page->first)].name;
  return std::nullopt;
}

void directory_scans::renewed(inode_id directory, std::size_t count) {
  const std::lock_guard lock(mutex_);
  const auto found = scans_.find(directory);
  if (found == scans_.end()) return;
  if (count == 0) return forget(directory);
  auto& it = found->second;
  it.renewing = false;
  it.next_by = it.at + count + longest_step;
}

}  // namespace hdfsmount::fs
