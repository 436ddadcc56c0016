#include "fs/record_source.hpp"

#include "fs/errors.hpp"

namespace hdfsmount::fs {
namespace {

constexpr uid_t nobody = 65'534;  // for what HDFS gives no owner
constexpr std::uint16_t sticky = 01000;

file_type to_type(wire::file_type type) {
  switch (type) {
    case wire::file_type::directory:
      return file_type::directory;
    case wire::file_type::symlink:
      return file_type::symlink;
    case wire::file_type::file:
      break;
  }
  return file_type::regular;
}

file_time to_time(std::int64_t ms) {
  return file_time(std::chrono::milliseconds(ms));
}

std::uint64_t size_of(const wire::file_status& status) {
  if (status.type == wire::file_type::file) return status.length;
  return status.type == wire::file_type::symlink ? status.symlink_target.size() : 0;
}

}  // namespace

record_source::record_source(hdfs::client& hdfs, identities& names, const clock_source& clock, metrics& numbers,
                             const options& settings)
    : hdfs_(hdfs),
      names_(names),
      clock_(clock),
      settings_(settings),
      flights_(clock, settings.entry_timeout, numbers.get("metadata_cache", "joined")) {}

async::task<result<record_ptr>> record_source::ask(call_context context, std::string path, bool by_path) {
  auto key = context.who.user->effective + '\0' + context.who.user->real + '\0' + (by_path ? '1' : '0') + path;
  const auto deadline = context.deadline;
  auto ask_it = [this, context = std::move(context), path = std::move(path), by_path] {
    return ask_once(context, path, by_path);
  };
  co_return co_await flights_.run(std::move(key), deadline, std::move(ask_it));
}

async::task<result<record_ptr>> record_source::ask_once(call_context context, std::string path, bool by_path) {
  question asked(by_path, clock_.now());
  auto status = co_await hdfs_.get_status(context, std::move(path));
  if (!status) co_return status.error();
  asked.received = clock_.now();
  known_owners owners;
  if (!recall_owners(*status, owners)) {
    auto learnt = co_await learn_owners(*status, owners, context.deadline);
    if (!learnt) co_return learnt.error();
  }
  co_return to_record(*status, owners, asked);
}

async::task<result<record_source::listing>> record_source::list(call_context context, std::string path, bool by_path,
                                                                std::string start_after) {
  question asked(by_path, clock_.now());
  auto page = co_await hdfs_.list(context, std::move(path), start_after);
  if (!page) co_return page.error();
  asked.received = clock_.now();
  listing out;
  out.last = page->remaining == 0;
  out.entries.reserve(page->entries.size());
  known_owners owners;
  for (auto& status : page->entries) {
    if (status.name.empty()) co_return make_error(fs_errc::not_directory);
    if (!recall_owners(status, owners)) {
      auto learnt = co_await learn_owners(status, owners, context.deadline);
      if (!learnt) co_return learnt.error();
    }
    auto record = to_record(status, owners, asked);
    out.entries.emplace_back(std::move(status.name), std::move(record));
  }
  // A server that does not move on would keep a reader of the directory busy for ever.
  if (!out.last && (out.entries.empty() || out.entries.back().name == start_after))
    co_return error(errc::protocol_error, "a listing that makes no progress");
  co_return out;
}

bool record_source::recall_owners(const wire::file_status& status, known_owners& known) {
  const auto recall = [](auto& map, const std::string& name, const auto& fixed, auto&& look) {
    if (map.contains(name)) return true;
    const auto id = fixed ? fixed : name.empty() ? std::optional(nobody) : look();
    if (id) map.emplace(name, *id);
    return id.has_value();
  };
  const bool user =
      recall(known.users, status.owner, settings_.uid, [&] { return names_.known_user_id(status.owner); });
  const bool group =
      recall(known.groups, status.group, settings_.gid, [&] { return names_.known_group_id(status.group); });
  return user && group;
}

async::task<result<void>> record_source::learn_owners(const wire::file_status& status, known_owners& known,
                                                      steady_time deadline) {
  if (!known.users.contains(status.owner)) {
    auto id = co_await names_.user_id(status.owner, deadline);
    if (!id) co_return id.error().with_context("name service, user " + status.owner);
    known.users.emplace(status.owner, *id);
  }
  if (!known.groups.contains(status.group)) {
    auto id = co_await names_.group_id(status.group, deadline);
    if (!id) co_return id.error().with_context("name service, group " + status.group);
    known.groups.emplace(status.group, *id);
  }
  co_return result<void>();
}

record_ptr record_source::to_record(wire::file_status& status, const known_owners& known, const question& asked) const {
  auto record = std::make_shared<file_record>();
  record->id = status.id;
  record->by_path = asked.by_path;
  record->asked = asked.asked;
  record->received = asked.received;
  auto& attr = record->attr;
  attr.type = to_type(status.type);
  attr.mode = status.permissions & (0777 | sticky);
  // The group bits of a file with an ACL are its mask: the owning group itself may have fewer rights.
  if (settings_.local_permissions && status.has_acl) attr.mode &= static_cast<std::uint16_t>(~0070);
  if (settings_.umask) attr.mode = static_cast<std::uint16_t>((attr.mode & sticky) | (0777 & ~*settings_.umask));
  attr.uid = known.users.at(status.owner);
  attr.gid = known.groups.at(status.group);
  attr.size = size_of(status);
  attr.blocks = attr.type == file_type::directory ? 0 : attr.size / 512 + (attr.size % 512 != 0);
  attr.block_size = settings_.block_size;
  attr.accessed = to_time(status.atime_ms);
  attr.modified = to_time(status.mtime_ms);
  record->owner = std::move(status.owner);
  record->link_target = std::move(status.symlink_target);
  return record;
}

}  // namespace hdfsmount::fs
