#include "fs/file_system_parts.hpp"

namespace hdfsmount::fs {

async::task<result<std::shared_ptr<const numbered_page>>> file_system::parts::fetch_page(call_context context,
                                                                                         inode_id node,
                                                                                         open_directory::plan plan) {
  auto view = inodes.find(node);
  const auto where = inodes.locate(node, clock.now());
  if (!view || !where) co_return make_error(fs_errc::stale);
  bool by_path = where->use_path();
  auto listing = co_await source.list(context, where->best(), by_path, plan.start_after);
  const bool moved = !listing && by_path && is_gone(listing.error()) && node != root_inode;
  if (moved) {
    misplaced(node);
    if (where->inode_path.empty()) co_return listing.error();
    by_path = false;
    listing = co_await source.list(std::move(context), where->inode_path, by_path, plan.start_after);
  }
  if (!listing) co_return listing.error();
  co_return number(*view, plan, std::move(*listing), by_path);
}

async::task<result<std::size_t>> file_system::parts::renew_names(call_context context, inode_id directory,
                                                                 std::string start_after) {
  const auto where = inodes.locate(directory, clock.now());
  if (!where) co_return make_error(fs_errc::stale);
  auto listing = co_await source.list(std::move(context), where->best(), where->use_path(), std::move(start_after));
  if (!listing) co_return listing.error();
  for (const auto& listed : listing->entries)
    entries.put(directory, listed.name, dressed(directory, listed.name, listed.record));
  co_return listing->entries.size();
}

std::shared_ptr<const numbered_page> file_system::parts::number(const inode_view& view,
                                                                const open_directory::plan& plan,
                                                                record_source::listing listing, bool by_path) {
  auto page = std::make_shared<numbered_page>();
  page->first = plan.first;
  page->last = listing.last;
  page->by_path = by_path;
  page->received = clock.now();
  page->entries.reserve(listing.entries.size() + 2);
  const auto add = [&](std::string name, std::uint64_t ino, file_type type, record_ptr record) {
    auto& added = page->entries.emplace_back();
    added.name = std::move(name);
    added.ino = ino;
    added.type = type;
    added.record = std::move(record);
    added.next = page->end();
  };
  if (plan.first == 0) {
    const auto place = inodes.place_of(view.node);
    const auto above = place ? inodes.find(place->parent) : std::nullopt;
    add(".", view.ino, file_type::directory, nullptr);
    add("..", above ? above->ino : view.ino, file_type::directory, nullptr);
  }
  for (auto& listed : listing.entries) {
    const auto ino = inode_table::ino_of_child(view, listed.name, listed.record->id);
    if (settings.entry_timeout.count() > 0) entries.put(view.node, listed.name, listed.record);
    const auto type = listed.record->attr.type;
    add(std::move(listed.name), ino, type, std::move(listed.record));
  }
  return page;
}

async::task<result<handle_id>> file_system::opendir(request asked, inode_id node) {
  if (parts_->stopped) co_return error(errc::shutting_down);
  const auto view = parts_->inodes.find(node);
  if (!view) co_return make_error(fs_errc::stale);
  if (view->type != file_type::directory) co_return make_error(fs_errc::not_directory);
  auto directory = std::make_shared<open_directory>(node, asked.context.who);
  auto page = co_await parts_->fetch_page(std::move(asked.context), node, directory->page_for(0));
  if (!page && is_gone(page.error())) {
    // ESTALE makes the kernel walk the path again and find what is there now.
    parts_->misplaced(node);
    co_return make_error(fs_errc::stale);
  }
  if (!page) co_return page.error();
  parts_->scans.listed(node, *page);
  directory->accept(std::move(*page), false);
  parts_->inodes.pin(node);
  co_return parts_->handles.add(std::move(directory));
}

std::optional<result<directory_slice>> file_system::try_readdir(const request&, handle_id handle,
                                                                std::uint64_t offset) {
  if (parts_->stopped) return error(errc::shutting_down);
  const auto directory = parts_->handles.directory(handle);
  if (!directory) return make_error(fs_errc::bad_handle);
  auto slice = directory->slice(offset, parts_->clock.now() - settings_.attr_timeout);
  if (!slice) return std::nullopt;
  return std::move(*slice);
}

async::task<result<directory_slice>> file_system::readdir(request asked, handle_id handle, std::uint64_t offset) {
  if (auto quick = try_readdir(asked, handle, offset)) co_return *quick;
  const auto directory = parts_->handles.directory(handle);
  if (!directory) co_return make_error(fs_errc::bad_handle);
  for (;;) {
    call_context as_opener(directory->who(), asked.context.deadline, asked.context.id);
    auto page = co_await parts_->fetch_page(std::move(as_opener), directory->node(), directory->page_for(offset));
    if (!page) co_return page.error();
    parts_->scans.listed(directory->node(), *page);
    directory->accept(*page, true);
    if (auto slice = open_directory::cut(*page, offset)) co_return std::move(*slice);
  }
}

entry file_system::remember(handle_id handle, const directory_entry& listed) {
  const auto directory = parts_->handles.directory(handle);
  if (directory && listed.record) {
    const auto known = parts_->enter(directory->node(), listed.name, listed.record);
    if (known) return *known;
  }
  entry out;
  out.attr.ino = listed.ino;
  out.attr.type = listed.type;
  return out;
}

void file_system::releasedir(handle_id handle) noexcept {
  if (const auto directory = parts_->handles.take_directory(handle)) parts_->inodes.unpin(directory->node());
}

}  // namespace hdfsmount::fs
