#include "fs/directory_scans.hpp"

#include <algorithm>

namespace hdfsmount::fs {
namespace {

/// Programs leave names out: those they are not interested in, and those that are still cached.
constexpr std::uint64_t longest_step = 8;
/// So many names in order make a scan.
constexpr int enough_in_order = 2;
/// So many files are named ahead at most.
constexpr std::uint64_t most_ahead = 16;
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

/// The scan and the place of `name` in it; null when it is not known.
directory_scans::scan* directory_scans::find(inode_id directory, std::string_view name, std::uint64_t& place) {
  const auto found = scans_.find(directory);
  if (found == scans_.end()) return nullptr;
  auto& it = found->second;
  if (it.places.empty()) index(it);
  const auto known = it.places.find(name);
  if (known == it.places.end()) return nullptr;
  place = known->second;
  return &it;
}

bool directory_scans::cursor::advance(std::uint64_t place) {
  const bool follows = at < place && place <= next_by;
  in_order = follows ? in_order + 1 : 1;
  next_by = std::max(follows ? next_by : 0, place + longest_step);
  at = place;
  return in_order >= enough_in_order;
}

std::optional<std::string> directory_scans::look_up(inode_id directory, std::string_view name) {
  const std::lock_guard lock(mutex_);
  std::uint64_t place = 0;
  auto* it = find(directory, name, place);
  if (it == nullptr || !it->looked_up.advance(place) || it->renewing) return std::nullopt;
  const auto* before = entry_at(*it, place - 1);
  if (place > first_name && before == nullptr) return std::nullopt;
  it->renewing = true;
  return place > first_name ? before->name : std::string();
}

std::vector<directory_entry> directory_scans::open(inode_id directory, std::string_view name) {
  std::vector<directory_entry> next;
  const std::lock_guard lock(mutex_);
  std::uint64_t place = 0;
  auto* it = find(directory, name, place);
  if (it == nullptr) return next;
  const auto before = it->opened.at;
  if (!it->opened.advance(place)) {
    it->ahead = 0;
    it->named_to = place;
    return next;
  }
  // One that leaves files out may be after few of them only.
  it->ahead = place == before + 1 ? std::clamp<std::uint64_t>(it->ahead * 2, 2, most_ahead) : 2;
  for (it->named_to = std::max(it->named_to, place); it->named_to < place + it->ahead; ++it->named_to) {
    const auto* entry = entry_at(*it, it->named_to + 1);
    if (entry == nullptr) break;
    if (entry->type == file_type::regular && entry->record && entry->record->attr.size > 0) next.push_back(*entry);
  }
  return next;
}

const directory_entry* directory_scans::entry_at(const scan& of, std::uint64_t place) {
  for (const auto& page : of.pages)
    if (page->first <= place && place < page->end())
      return &page->entries[static_cast<std::size_t>(place - page->first)];
  return nullptr;
}

void directory_scans::renewed(inode_id directory, std::size_t count) {
  const std::lock_guard lock(mutex_);
  const auto found = scans_.find(directory);
  if (found == scans_.end()) return;
  if (count == 0) return forget(directory);
  auto& it = found->second;
  it.renewing = false;
  it.looked_up.next_by = it.looked_up.at + count + longest_step;
}

}  // namespace hdfsmount::fs
