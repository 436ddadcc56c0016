#include "fs/file_system_parts.hpp"

#include <algorithm>

#include "fs/names.hpp"

namespace hdfsmount::fs {
namespace {

/// How long names count as confirmed: about as long as the kernel takes them for good, and long enough that a path walk
/// which it has just made needs no inode path even where nothing is cached.
milliseconds confirmed_for(const options& settings) {
  return std::max({settings.entry_timeout, settings.attr_timeout, milliseconds(1000)});
}

/// Nodeids begin anew with every start of the daemon, so the generation must not.
std::uint64_t start_of_daemon() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<seconds>(since).count());
}

bool is_same_file(const inode_view& view, const file_record& record) {
  switch (view.kind) {
    case inode_kind::container:
    case inode_kind::scope_root:
      return record.attr.type == file_type::directory;
    case inode_kind::live:
    case inode_kind::scoped:
      break;
  }
  if (view.node == root_inode) return record.attr.type == file_type::directory;
  return view.id == record.id;
}

}  // namespace

bool is_gone(const error& failure) {
  const auto& code = failure.code();
  return code == make_error_code(namenode_errc::not_found) || code == make_error_code(namenode_errc::not_directory) ||
         code == make_error_code(namenode_errc::unresolved_link) || code == make_error_code(fs_errc::not_directory);
}

file_system::parts::parts(hdfs::client& hdfs_, identities& names, const clock_source& clock_, logger& log_,
                          metrics& numbers, const options& settings_)
    : hdfs(hdfs_),
      clock(clock_),
      log(log_),
      settings(settings_),
      generation(start_of_daemon()),
      inodes(settings_, confirmed_for(settings_)),
      entries(settings_),
      source(hdfs_, names, clock_, numbers, settings_),
      stats_flights(clock_, settings_.attr_timeout, numbers.get("metadata_cache", "joined")),
      attribute_hits(numbers.get("metadata_cache", "attribute_hits")),
      attribute_misses(numbers.get("metadata_cache", "attribute_misses")),
      entry_hits(numbers.get("metadata_cache", "entry_hits")),
      entry_misses(numbers.get("metadata_cache", "entry_misses")) {}

milliseconds file_system::parts::remaining(steady_time received, milliseconds timeout) const {
  const auto left = std::chrono::duration_cast<milliseconds>(received + timeout - clock.now());
  return std::clamp(left, milliseconds(0), timeout);
}

bool file_system::parts::is_fresh(const record_ptr& record) const {
  return record && clock.now() < record->received + settings.attr_timeout;
}

file_system::parts::shown_attributes file_system::parts::show(const inode_view& view) {
  shown_attributes out{view.record->attr, remaining(view.record->received, settings.attr_timeout)};
  out.attr.ino = view.ino;
  if (view.type != file_type::regular) return out;
  auto newest = view.record->asked;
  auto learned = newest;
  for (auto& file : handles.files_of(view.node)) {
    const open_file::use opened(std::move(file));
    if (!opened) continue;
    const auto length = opened->stream().length();
    if (opened->stream().under_construction()) {
      if (length > out.attr.size) {
        out.attr.size = length;
        learned = opened->located();
      }
      out.timeout = std::min(out.timeout, remaining(opened->located(), settings.attr_timeout));
    } else if (opened->located() > newest) {
      newest = learned = opened->located();
      out.attr.size = length;
    }
  }
  if (out.attr.size > view.record->attr.size) inodes.shown(view.node, out.attr.size, learned);
  out.attr.blocks = out.attr.size / 512 + (out.attr.size % 512 != 0);
  return out;
}

result<entry> file_system::parts::enter(inode_id parent, std::string_view name, const record_ptr& record) {
  const auto view = inodes.attach(parent, name, record);
  if (!view) return make_error(fs_errc::stale);
  const auto shown = show(*view);
  entry out;
  out.node = view->node;
  out.generation = generation;
  out.attr = shown.attr;
  out.attr_timeout = shown.timeout;
  out.entry_timeout = remaining(record->received, settings.entry_timeout);
  return out;
}

entry file_system::parts::missing(milliseconds timeout) const {
  entry out;
  out.entry_timeout = timeout;
  return out;
}

async::task<result<inode_view>> file_system::parts::current(call_context context, inode_id node) {
  auto view = inodes.find(node);
  if (!view) co_return make_error(fs_errc::stale);
  if (is_fresh(view->record)) {
    attribute_hits.add();
    co_return *view;
  }
  attribute_misses.add();
  auto record = co_await ask_for(std::move(context), *view);
  if (!record) co_return record.error();
  view = inodes.find(node);
  if (!view) co_return make_error(fs_errc::stale);
  co_return *view;
}

async::task<result<record_ptr>> file_system::parts::ask_for(call_context context, inode_view view) {
  const auto where = inodes.locate(view.node, clock.now());
  if (!where) co_return make_error(fs_errc::stale);
  const bool root = view.node == root_inode;
  if (where->use_path()) {
    auto record = co_await source.ask(context, where->path, true);
    if (record && is_same_file(view, **record)) {
      const auto place = inodes.place_of(view.node);
      if (place) *record = dressed(place->parent, place->name, *record);
      root ? inodes.set_root(*record) : inodes.update(view.node, *record);
      co_return *record;
    }
    if (!record && !is_gone(record.error())) co_return record.error();
    if (root) co_return record ? make_error(fs_errc::not_directory) : record.error();
    misplaced(view.node);
    if (where->inode_path.empty()) co_return make_error(fs_errc::stale);
  }
  auto record = co_await source.ask(std::move(context), where->inode_path, false);
  if (!record && !is_gone(record.error())) co_return record.error();
  if (!record || !is_same_file(view, **record)) {
    misplaced(view.node);
    co_return make_error(fs_errc::stale);
  }
  const auto place = inodes.place_of(view.node);
  if (place) *record = dressed(place->parent, place->name, *record);
  inodes.update(view.node, *record);
  co_return *record;
}

record_ptr file_system::parts::dressed(inode_id parent, std::string_view name, const record_ptr& record) const {
  if (!record->owner.empty()) return record;
  const auto above = inodes.find(parent);
  if (!above || !above->record || inode_table::kind_of_child(*above, name) != inode_kind::container) return record;
  auto out = std::make_shared<file_record>(*record);
  out->owner = above->record->owner;
  out->attr.uid = above->record->attr.uid;
  out->attr.gid = above->record->attr.gid;
  out->attr.mode = above->record->attr.mode & 0555;
  return out;
}

void file_system::parts::misplaced(inode_id node) {
  if (const auto place = inodes.place_of(node)) entries.erase(place->parent, place->name);
  inodes.detach(node);
}

std::shared_ptr<open_file> file_system::parts::length_due(inode_id node) const {
  std::shared_ptr<open_file> newest;
  for (auto& file : handles.files_of(node)) {
    const open_file::use opened(file);
    if (!opened || !opened->stream().under_construction()) continue;
    if (!newest || newest->located() < file->located()) newest = std::move(file);
  }
  if (newest && clock.now() < newest->located() + settings.attr_timeout) newest.reset();
  return newest;
}

async::task<result<void>> file_system::parts::refresh_length(call_context context, std::shared_ptr<open_file> file) {
  const open_file::use opened(std::move(file));
  if (!opened) co_return result<void>();
  opened->set_located(clock.now());
  call_context as_opener(opened->who(), context.deadline, context.id);
  const auto view = inodes.find(opened->node());
  const auto shown = view ? view->shown_length : 0;
  auto length = co_await opened->stream().refresh_length(std::move(as_opener), shown);
  if (length) co_return result<void>();
  const bool out_of_time = length.error() == errc::timed_out || length.error() == errc::cancelled;
  if (out_of_time || opened->stream().length() < shown) co_return length.error();
  co_return result<void>();
}

}  // namespace hdfsmount::fs
