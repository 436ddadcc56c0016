#include "fs/file_system.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "fs/file_system_parts.hpp"
#include "fs/names.hpp"

namespace hdfsmount::fs {

file_system::file_system(hdfs::client& hdfs, identities& names, const clock_source& clock, logger& log,
                         metrics& numbers, options settings)
    : settings_(std::move(settings)), parts_(std::make_unique<parts>(hdfs, names, clock, log, numbers, settings_)) {}

file_system::~file_system() {
  shutdown();
}

async::task<result<void>> file_system::start(call_context context) {
  auto record = co_await parts_->source.ask(std::move(context), settings_.source, true);
  if (!record) co_return record.error().with_context(settings_.source);
  if ((*record)->attr.type != file_type::directory)
    co_return error(make_error_code(fs_errc::not_directory), settings_.source);
  parts_->inodes.set_root(*record);
  co_return result<void>();
}

void file_system::shutdown() noexcept {
  parts_->stopped = true;
  for (const auto& file : parts_->handles.take_all_files()) file->release();
  parts_->entries.clear();
}

std::optional<result<entry>> file_system::try_lookup(const request&, inode_id parent, std::string_view name) {
  if (parts_->stopped) return error(errc::shutting_down);
  if (const auto possible = check_name(name); !possible) return possible.error();
  const auto known = parts_->entries.find(parent, name, parts_->clock.now());
  if (!known) return std::nullopt;
  parts_->entry_hits.add();
  if (!known->record) return parts_->missing(known->remaining);
  return parts_->enter(parent, name, known->record);
}

async::task<result<entry>> file_system::lookup(request asked, inode_id parent, std::string name) {
  if (auto quick = try_lookup(asked, parent, name)) co_return *quick;
  parts_->entry_misses.add();
  const bool remembers = settings_.entry_timeout.count() > 0;
  if (auto before = remembers ? parts_->scans.look_up(parent, name) : std::nullopt) {
    const auto renewed = co_await parts_->renew_names(asked.context, parent, std::move(*before));
    parts_->scans.renewed(parent, renewed ? *renewed : 0);
    if (auto quick = try_lookup(asked, parent, name)) co_return *quick;
  }
  const auto where = parts_->inodes.locate(parent, parts_->clock.now());
  if (!where) co_return make_error(fs_errc::stale);
  auto record = co_await parts_->source.ask(std::move(asked.context), join(where->best(), name), where->use_path());
  if (!record) {
    const bool keep = record.error() == namenode_errc::not_found && settings_.negative_timeout.count() > 0;
    if (!keep) co_return record.error();
    parts_->entries.put_missing(parent, name, parts_->clock.now());
    co_return parts_->missing(settings_.negative_timeout);
  }
  const auto known = parts_->dressed(parent, name, *record);
  parts_->entries.put(parent, name, known);
  co_return parts_->enter(parent, name, known);
}

void file_system::forget(inode_id node, std::uint64_t count) noexcept {
  parts_->inodes.forget(node, count);
}

void file_system::forget(std::span<const forgotten> batch) noexcept {
  for (const auto& one : batch) forget(one.node, one.count);
}

std::optional<result<attribute_reply>> file_system::try_getattr(const request&, inode_id node,
                                                                std::optional<handle_id>) {
  if (parts_->stopped) return error(errc::shutting_down);
  const auto view = parts_->inodes.find(node);
  if (!view) return make_error(fs_errc::stale);
  if (!parts_->is_fresh(view->record) || parts_->length_due(node)) return std::nullopt;
  parts_->attribute_hits.add();
  const auto shown = parts_->show(*view);
  attribute_reply out;
  out.attr = shown.attr;
  out.attr_timeout = shown.timeout;
  return out;
}

async::task<result<attribute_reply>> file_system::getattr(request asked, inode_id node, std::optional<handle_id>) {
  if (parts_->stopped) co_return error(errc::shutting_down);
  if (auto file = parts_->length_due(node)) {
    auto refreshed = co_await parts_->refresh_length(asked.context, std::move(file));
    if (!refreshed) co_return refreshed.error();
  }
  const auto view = co_await parts_->current(std::move(asked.context), node);
  if (!view) co_return view.error();
  const auto shown = parts_->show(*view);
  attribute_reply out;
  out.attr = shown.attr;
  out.attr_timeout = shown.timeout;
  co_return out;
}

async::task<result<void>> file_system::access(request asked, inode_id node, int mask) {
  if (parts_->stopped) co_return error(errc::shutting_down);
  const auto user = asked.context.who.user;
  const auto view = co_await parts_->current(std::move(asked.context), node);
  if (!view) co_return view.error();
  if (mask & W_OK) co_return refuse_change();
  // Whether the user is in the group only the NameNode knows, so the group's and everybody's bits count alike; what
  // they allow too much is refused by the NameNode when it is done.
  const auto mode = view->record->attr.mode;
  const int allowed = user->effective == view->record->owner ? mode >> 6 : mode >> 3 | mode;
  if ((mask & (R_OK | X_OK) & ~allowed) != 0) co_return make_error(fs_errc::access_denied);
  co_return result<void>();
}

namespace {

/// HDFS means an absolute target within itself; here it has to be within the mount. So it becomes relative to the link,
/// when it is below the mount's root. `link` and `target` are absolute HDFS paths.
std::string within_mount(const std::string& source, const std::string& link, const std::string& target) {
  const std::string root = source == "/" ? source : source + '/';
  if (!target.starts_with(root) || !link.starts_with(root)) return target;
  std::string out;
  for (const char c : std::string_view(link).substr(root.size()))
    if (c == '/') out += "../";
  out.append(target, root.size());
  return out.empty() ? "." : out;
}

}  // namespace

async::task<result<std::string>> file_system::readlink(request asked, inode_id node) {
  if (parts_->stopped) co_return error(errc::shutting_down);
  const auto view = co_await parts_->current(asked.context, node);
  if (!view) co_return view.error();
  if (view->type != file_type::symlink) co_return make_error(fs_errc::not_link);
  const auto where = parts_->inodes.locate(node, parts_->clock.now());
  if (!where) co_return make_error(fs_errc::stale);
  auto target = view->record->link_target;
  if (target.empty()) {
    auto told = co_await parts_->hdfs.get_link_target(std::move(asked.context), where->best());
    if (!told) co_return told.error();
    target = std::move(*told);
  }
  co_return within_mount(settings_.source, where->path, target);
}

async::task<result<statistics>> file_system::statfs(request asked) {
  if (parts_->stopped) co_return error(errc::shutting_down);
  std::optional<wire::fs_stats> stats;
  {
    const std::lock_guard lock(parts_->stats_mutex);
    if (parts_->clock.now() < parts_->stats_received + settings_.attr_timeout) stats = parts_->stats;
  }
  if (!stats) {
    const auto deadline = asked.context.deadline;
    auto question = [this, context = asked.context] { return parts_->hdfs.get_stats(context); };
    auto told = co_await parts_->stats_flights.run(asked.context.who.user->effective, deadline, std::move(question));
    if (!told) co_return told.error();
    stats = *told;
    const std::lock_guard lock(parts_->stats_mutex);
    parts_->stats = stats;
    parts_->stats_received = parts_->clock.now();
  }
  statistics out;
  out.block_size = 4096;
  out.blocks = stats->capacity / out.block_size;
  out.free = (stats->capacity - std::min(stats->used, stats->capacity)) / out.block_size;
  out.available = std::min(stats->remaining / out.block_size, out.free);
  co_return out;
}

error file_system::refuse_change() const {
  return make_error(fs_errc::read_only);
}

int file_system::report(const request& asked, inode_id node, std::string_view name, const error& failure) {
  const int number = errno_of(failure, asked.op);
  const bool notable = number == EIO || number == ETIMEDOUT || number == EOPNOTSUPP || number == ENOMEM;
  const auto held_back =
      notable ? parts_->failure_lines.admit(fmt::format("{} {}", to_string(asked.op), number)) : std::nullopt;
  const auto level = held_back ? log_level::warning : log_level::debug;
  if (parts_->log.enabled(level)) {
    auto path = parts_->inodes.display_path(node);
    if (!name.empty()) path = join(path, name);
    parts_->log.log(level, "request {}: {} of inode {} \"{}\" for uid {} as {}: {} (errno {}){}",
                    asked.context.id.value(), to_string(asked.op), node.value(), printable(path, 4096),
                    asked.context.who.uid, printable(asked.context.who.user->effective), failure.to_string(), number,
                    more_like_it(held_back));
  }
  return number;
}

file_system::counts file_system::count() const {
  counts out{};
  out.inodes = parts_->inodes.size();
  out.lookups = parts_->inodes.lookups();
  out.open_files = parts_->handles.files();
  out.open_directories = parts_->handles.directories();
  out.cached_entries = parts_->entries.size();
  return out;
}

}  // namespace hdfsmount::fs
