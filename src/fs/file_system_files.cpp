#include <fcntl.h>

#include <algorithm>

#include "fs/file_system_parts.hpp"
#include "fs/names.hpp"

namespace hdfsmount::fs {
namespace {

bool for_reading_only(int flags) {
  return (flags & O_ACCMODE) == O_RDONLY && (flags & (O_TRUNC | O_CREAT)) == 0;
}

result<void> check_openable(file_type type) {
  switch (type) {
    case file_type::directory:
      return make_error(fs_errc::is_directory);
    case file_type::symlink:
      return make_error(fs_errc::is_link);
    case file_type::regular:
      break;
  }
  return {};
}

/// In the live tree by id, which follows renames for as long as the file is open; in a snapshot by its path.
const std::string& path_to_open(const inode_view& view, const inode_location& where) {
  if (view.kind == inode_kind::live && !where.inode_path.empty()) return where.inode_path;
  return where.best();
}

/// Another handle's DataNode knew of more. Only of a file that is being written: a complete one may have been
/// truncated.
bool knows_less_than_shown(const hdfs::input_stream& stream, const inode_view& view) {
  return stream.under_construction() && stream.length() < view.shown_length;
}

/// Whether bytes up to `end` may exist although the stream does not know of them yet.
bool may_have_grown(open_file& file, std::uint64_t end, const std::optional<inode_view>& view, steady_time now,
                    milliseconds refresh_every) {
  const auto length = file.stream().length();
  if (end <= length) return false;
  if (view && view->record && view->record->asked > file.located() && view->record->attr.size > length) return true;
  if (view && view->shown_as_of > file.located() && view->shown_length > length) return true;
  if (view && knows_less_than_shown(file.stream(), *view)) return true;
  return file.stream().under_construction() && now >= file.located() + refresh_every;
}

/// Whether the failure is of the file and not of who asked.
bool is_final(const error& failure) {
  return !(failure == errc::cancelled) && !(failure == errc::shutting_down);
}

std::uint64_t end_of(std::uint64_t offset, std::size_t size) {
  return offset > UINT64_MAX - size ? UINT64_MAX : offset + size;
}

}  // namespace

void file_system::parts::open_ahead(const call_context& context, inode_id node) {
  if (settings.attr_timeout.count() == 0 || !settings.inode_paths) return;
  const auto place = inodes.place_of(node);
  const auto directory = place ? inodes.find(place->parent) : std::nullopt;
  if (!directory || directory->kind != inode_kind::live) return;
  const auto next = scans.open(place->parent, place->name);
  if (next.empty()) return;
  const auto above = inodes.display_path(place->parent);
  for (const auto& file : next) {
    hdfs::open_request what(inode_path(file.record->id), join(above, file.name));
    hdfs.open_ahead(call_context(context.who, context.deadline, context.id), std::move(what));
  }
}

/// What to ask HDFS for, if the file may be opened that way.
result<hdfs::open_request> file_system::request_to_open(inode_id node, int flags) const {
  if (parts_->stopped) return error(errc::shutting_down);
  if (!for_reading_only(flags)) return refuse_change();
  const auto view = parts_->inodes.find(node);
  const auto where = parts_->inodes.locate(node, parts_->clock.now());
  if (!view || !where) return make_error(fs_errc::stale);
  if (const auto openable = check_openable(view->type); !openable) return openable.error();
  return hdfs::open_request(path_to_open(*view, *where), parts_->inodes.display_path(node));
}

async::task<result<opened_file>> file_system::open(request asked, inode_id node, int flags) {
  auto what = request_to_open(node, flags);
  if (!what) co_return what.error();
  parts_->open_ahead(asked.context, node);
  const auto begun = parts_->clock.now();
  auto stream = co_await parts_->hdfs.open(asked.context, std::move(*what));
  if (!stream && is_gone(stream.error())) {
    // ESTALE makes the kernel walk the path again: another file may have taken the place of this one.
    parts_->misplaced(node);
    co_return make_error(fs_errc::stale);
  }
  if (!stream) co_return stream.error();
  if (const auto view = parts_->inodes.find(node); view && knows_less_than_shown(**stream, *view)) {
    const auto length = co_await (*stream)->refresh_length(asked.context, view->shown_length);
    if (!length) co_return length.error();
  }
  co_return hand_over(asked.context.who, node, std::move(*stream), begun);
}

std::optional<result<opened_file>> file_system::try_open(const request& asked, inode_id node, int flags) {
  const auto what = request_to_open(node, flags);
  if (!what) return what.error();
  auto stream = parts_->hdfs.try_open(asked.context, *what);
  if (!stream) return std::nullopt;
  if (const auto view = parts_->inodes.find(node); view && knows_less_than_shown(*stream, *view)) return std::nullopt;
  parts_->open_ahead(asked.context, node);
  return hand_over(asked.context.who, node, std::move(stream), parts_->clock.now());
}

/// Makes a handle of a stream that was asked for at `begun` or opened before.
result<opened_file> file_system::hand_over(const caller& who, inode_id node, std::shared_ptr<hdfs::input_stream> stream,
                                           steady_time begun) {
  const auto located = std::min(begun, stream->opened());
  std::optional<content_mark> mark;
  const auto view = parts_->inodes.find(node);
  if (view && parts_->is_fresh(view->record) && !stream->under_construction())
    mark.emplace(stream->length(), view->record->attr.modified, stream->content_version());
  opened_file out;
  out.direct_io = stream->under_construction();
  out.keep_cache = parts_->inodes.unchanged_since_open(node, mark);
  parts_->inodes.pin(node);
  out.handle = parts_->handles.add(std::make_shared<open_file>(node, who, std::move(stream), located));
  if (parts_->stopped) {
    release(out.handle);
    return error(errc::shutting_down);
  }
  return out;
}

std::optional<result<hdfs::read_data>> file_system::try_read(const request&, handle_id handle, std::uint64_t offset,
                                                             std::size_t size) {
  if (parts_->stopped) return error(errc::shutting_down);
  const open_file::use opened(parts_->handles.file(handle));
  if (!opened) return make_error(fs_errc::bad_handle);
  const auto view = parts_->inodes.find(opened->node());
  if (may_have_grown(*opened.operator->(), end_of(offset, size), view, parts_->clock.now(), settings_.attr_timeout))
    return std::nullopt;
  if (size == 0 || offset >= opened->stream().length()) return hdfs::read_data();
  auto data = opened->stream().try_read(offset, size);
  if (!data) return std::nullopt;
  return std::move(*data);
}

async::task<result<hdfs::read_data>> file_system::read(request asked, handle_id handle, std::uint64_t offset,
                                                       std::size_t size) {
  if (parts_->stopped) co_return error(errc::shutting_down);
  auto file = parts_->handles.file(handle);
  const open_file::use opened(file);
  if (!opened) co_return make_error(fs_errc::bad_handle);
  if (auto known = parts_->failures.find(opened->node(), offset, parts_->clock.now())) co_return *known;
  const auto view = parts_->inodes.find(opened->node());
  if (may_have_grown(*file, end_of(offset, size), view, parts_->clock.now(), settings_.attr_timeout)) {
    auto refreshed = co_await parts_->refresh_length(asked.context, file);
    if (!refreshed) co_return refreshed.error();
  }
  if (size == 0 || offset >= opened->stream().length()) co_return hdfs::read_data();
  call_context as_opener(opened->who(), asked.context.deadline, asked.context.id);
  auto data = co_await opened->stream().read(std::move(as_opener), offset, size);
  if (!data && is_final(data.error()))
    parts_->failures.add(opened->node(), offset, size, data.error(), parts_->clock.now());
  co_return data;
}

void file_system::release(handle_id handle) noexcept {
  const auto file = parts_->handles.take_file(handle);
  if (!file) return;
  parts_->inodes.unpin(file->node());
  file->release();
}

}  // namespace hdfsmount::fs
