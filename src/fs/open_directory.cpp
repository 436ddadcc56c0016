#include "fs/open_directory.hpp"

#include <algorithm>

namespace hdfsmount::fs {

std::optional<directory_slice> open_directory::cut(const std::shared_ptr<const numbered_page>& page,
                                                   std::uint64_t offset) {
  if (offset < page->first) return std::nullopt;
  if (offset >= page->end()) return page->last ? std::optional(directory_slice()) : std::nullopt;
  const auto skip = static_cast<std::size_t>(offset - page->first);
  return directory_slice(page, std::span(page->entries).subspan(skip));
}

std::optional<directory_slice> open_directory::slice(std::uint64_t offset, steady_time stale_before) {
  const std::lock_guard lock(mutex_);
  if (!page_) return std::nullopt;
  if (offset == 0) {
    if (!fresh_ || page_->first != 0 || page_->received < stale_before) return std::nullopt;
    fresh_ = false;
  }
  return cut(page_, offset);
}

open_directory::plan open_directory::page_for(std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset,
                                      [](std::uint64_t o, const plan& p) { return o < p.first; });
  return *std::prev(after);
}

void open_directory::accept(std::shared_ptr<const numbered_page> page, bool read) {
  const std::lock_guard lock(mutex_);
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), page->first,
                                      [](std::uint64_t o, const plan& p) { return o < p.first; });
  plan next;
  next.first = page->end();
  if (!page->last) next.start_after = page->entries.back().name;
  // What was known of the pages behind stays only if this page still ends where it did.
  if (after == starts_.end() || page->last || after->first != next.first || after->start_after != next.start_after) {
    starts_.erase(after, starts_.end());
    if (!page->last) starts_.push_back(std::move(next));
  }
  fresh_ = page->first == 0 && !read;
  page_ = std::move(page);
}

}  // namespace hdfsmount::fs
