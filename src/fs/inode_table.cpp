#include "fs/inode_table.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "fs/names.hpp"

namespace hdfsmount::fs {
namespace {

constexpr std::string_view snapshot_directory = ".snapshot";
constexpr std::string_view reserved_directory = ".reserved";

/// Inode numbers of what has no file id of its own: apart from every file id, and positive as a signed number.
std::uint64_t made_up_ino(std::uint64_t seed, std::string_view text) noexcept {
  constexpr auto mark = std::uint64_t{1} << 62;
  return (stable_hash(seed, text) & (mark - 1)) | mark;
}

/// The kind of a root by the HDFS directory it shows.
inode_kind kind_of_source(const std::string& source) {
  if (source == "/.reserved" || source.ends_with("/.snapshot")) return inode_kind::container;
  if (source.starts_with("/.reserved/") || source.find("/.snapshot/") != source.npos) return inode_kind::scope_root;
  return inode_kind::live;
}

}  // namespace

std::size_t inode_table::key_hash::operator()(const key& k) const noexcept {
  const auto mixed = k.scope.value() * 0x9e3779b97f4a7c15U ^ k.id.value();
  return std::hash<std::uint64_t>{}(mixed) ^ (k.name.empty() ? 0 : std::hash<std::string_view>{}(k.name));
}

std::size_t inode_table::name_hash::operator()(const name_key& k) const noexcept {
  return std::hash<std::string_view>{}(k.name) ^ (k.parent.value() * 0x9e3779b97f4a7c15U);
}

inode_table::inode_table(const options& settings, milliseconds confirmed_for)
    : source_(settings.source), inode_paths_(settings.inode_paths), confirmed_for_(confirmed_for) {
  auto& root = inodes_[root_inode];
  root.view.node = root_inode;
  root.view.kind = kind_of_source(source_);
  root.view.type = file_type::directory;
  root.view.at_reserved_level = source_ == "/";
  if (root.view.kind != inode_kind::live) {
    root.view.ino = root.view.scope_ino = made_up_ino(0, source_);
    root.view.scope = root_inode;
  }
}

void inode_table::set_root(const record_ptr& record) {
  const std::lock_guard lock(mutex_);
  auto& root = *get(root_inode);
  if (root.view.kind == inode_kind::live && root.view.id != record->id) {
    root.view.id = record->id;
    root.view.ino = record->id.value() != 0 ? record->id.value() : made_up_ino(0, source_);
    root.view.record.reset();
  }
  take_record(root, record);
}

std::optional<inode_view> inode_table::find(inode_id node) const {
  const std::lock_guard lock(mutex_);
  const auto* found = get(node);
  return found == nullptr ? std::nullopt : std::optional(found->view);
}

std::optional<inode_location> inode_table::locate(inode_id node, steady_time now) const {
  const std::lock_guard lock(mutex_);
  const auto* found = get(node);
  if (found == nullptr) return std::nullopt;
  inode_location out;
  const auto* top = found;
  while (top->parent.value() != 0) top = get(top->parent);
  if (top->view.node == root_inode) {
    const auto names = names_below(*found, top);
    out.path = names.empty() ? source_ : join(source_, names);
    out.confirmed = found == top || now < found->confirmed + confirmed_for_;
  }
  if (const auto* base = inode_path_base(*found)) {
    out.inode_path = inode_path(base->view.id);
    if (base != found) out.inode_path += '/' + names_below(*found, base);
  }
  if (out.path.empty() && out.inode_path.empty()) return std::nullopt;
  return out;
}

std::string inode_table::display_path(inode_id node) const {
  const std::lock_guard lock(mutex_);
  const auto* found = get(node);
  if (found == nullptr) return "?";
  const auto* top = found;
  while (top->parent.value() != 0) top = get(top->parent);
  const auto names = names_below(*found, top);
  const auto start = top->view.node == root_inode ? source_ : "(moved)/" + top->name;
  return names.empty() ? start : join(start, names);
}

std::optional<inode_view> inode_table::attach(inode_id parent, std::string_view name, const record_ptr& record) {
  const std::lock_guard lock(mutex_);
  const auto* above = get(parent);
  if (above == nullptr) return std::nullopt;
  auto& child = find_or_add(*above, name, record);
  // Neither can be its own descendant; a server that says so is wrong.
  if (child.view.node == root_inode || child.view.node == parent) return std::nullopt;
  ++child.lookups;  // first: from here on nothing drops it
  ++lookups_;
  if (child.children > 0) break_cycle(child, parent);
  move_to(child, parent, name);
  take_record(child, record);
  return child.view;
}

void inode_table::update(inode_id node, const record_ptr& record) {
  const std::lock_guard lock(mutex_);
  if (auto* found = get(node)) take_record(*found, record);
}

void inode_table::detach(inode_id node) {
  const std::lock_guard lock(mutex_);
  auto* found = get(node);
  if (found == nullptr || node == root_inode) return;
  found->confirmed = steady_time{};
  // Where the id leads nowhere, a doubtful place is better than none.
  if (inode_path_base(*found) == found) leave_place(*found);
}

void inode_table::forget(inode_id node, std::uint64_t count) noexcept {
  const std::lock_guard lock(mutex_);
  auto* found = get(node);
  if (found == nullptr) return;
  const auto given_back = std::min(count, found->lookups);
  found->lookups -= given_back;
  lookups_ -= given_back;
  drop_if_unused(node);
}

void inode_table::pin(inode_id node) {
  const std::lock_guard lock(mutex_);
  if (auto* found = get(node)) ++found->pins;
}

void inode_table::unpin(inode_id node) noexcept {
  const std::lock_guard lock(mutex_);
  auto* found = get(node);
  if (found == nullptr || found->pins == 0) return;
  --found->pins;
  drop_if_unused(node);
}

bool inode_table::unchanged_since_open(inode_id node, const std::optional<content_mark>& now) {
  const std::lock_guard lock(mutex_);
  auto* found = get(node);
  if (found == nullptr) return false;
  const bool same = now.has_value() && found->opened == now;
  found->opened = now;
  return same;
}

void inode_table::shown(inode_id node, std::uint64_t length, steady_time as_of) {
  const std::lock_guard lock(mutex_);
  auto* found = get(node);
  if (found == nullptr) return;
  found->view.shown_length = length;
  found->view.shown_as_of = as_of;
}

std::optional<inode_table::place> inode_table::place_of(inode_id node) const {
  const std::lock_guard lock(mutex_);
  const auto* found = get(node);
  if (found == nullptr || found->parent.value() == 0) return std::nullopt;
  place out;
  out.parent = found->parent;
  out.name = found->name;
  return out;
}

std::size_t inode_table::size() const {
  const std::lock_guard lock(mutex_);
  return inodes_.size();
}

std::uint64_t inode_table::lookups() const {
  const std::lock_guard lock(mutex_);
  return lookups_;
}

inode_kind inode_table::kind_of_child(const inode_view& parent, std::string_view name) {
  if (parent.kind == inode_kind::container) return inode_kind::scope_root;
  if (name == snapshot_directory) return inode_kind::container;
  if (name == reserved_directory && parent.at_reserved_level) return inode_kind::container;
  return parent.kind == inode_kind::live ? inode_kind::live : inode_kind::scoped;
}

std::uint64_t inode_table::ino_of_child(const inode_view& parent, std::string_view name, file_id id) {
  const auto kind = kind_of_child(parent, name);
  if (id.value() != 0 && kind == inode_kind::live) return id.value();
  if (id.value() != 0 && kind == inode_kind::scoped) return made_up_ino(parent.scope_ino, std::to_string(id.value()));
  return made_up_ino(parent.ino, name);
}

inode_table::inode* inode_table::get(inode_id node) {
  const auto found = inodes_.find(node);
  return found == inodes_.end() ? nullptr : &found->second;
}

const inode_table::inode* inode_table::get(inode_id node) const {
  const auto found = inodes_.find(node);
  return found == inodes_.end() ? nullptr : &found->second;
}

inode_table::key inode_table::identity_of(const inode_view& parent, std::string_view name, file_id id) {
  const auto kind = kind_of_child(parent, name);
  const bool by_id = id.value() != 0 && (kind == inode_kind::live || kind == inode_kind::scoped);
  if (!by_id) return {parent.node, file_id{}, std::string(name)};
  return {kind == inode_kind::live ? inode_id{} : parent.scope, id, {}};
}

inode_table::inode& inode_table::find_or_add(const inode& parent, std::string_view name, const record_ptr& record) {
  auto identity = identity_of(parent.view, name, record->id);
  if (identity.name.empty() && identity.scope.value() == 0 && get(root_inode)->view.kind == inode_kind::live &&
      get(root_inode)->view.id == record->id)
    return *get(root_inode);
  const auto found = by_identity_.find(identity);
  if (found != by_identity_.end()) return *get(found->second);

  const inode_id node{next_++};
  auto& added = inodes_[node];
  added.view.node = node;
  added.view.kind = kind_of_child(parent.view, name);
  added.view.id = record->id;
  added.view.ino = ino_of_child(parent.view, name, record->id);
  const bool starts_scope = added.view.kind == inode_kind::scope_root;
  added.view.scope = starts_scope ? node : parent.view.scope;
  added.view.scope_ino = starts_scope ? added.view.ino : parent.view.scope_ino;
  by_identity_.emplace(identity, node);
  added.identity = std::move(identity);
  return added;
}

void inode_table::move_to(inode& child, inode_id parent, std::string_view name) {
  if (child.parent == parent && child.name == name) return;
  ++get(parent)->children;  // first, so that leaving the old place cannot drop it
  leave_place(child);
  const auto other = by_name_.find({parent, name});
  if (other != by_name_.end()) leave_place(*get(other->second));
  child.parent = parent;
  child.name = name;
  child.confirmed = steady_time{};
  by_name_.emplace(name_key{parent, child.name}, child.view.node);
}

void inode_table::leave_place(inode& child) noexcept {
  const auto parent = std::exchange(child.parent, inode_id{});
  if (parent.value() == 0) return;
  by_name_.erase({parent, child.name});
  --get(parent)->children;
  drop_if_unused(parent);
}

void inode_table::break_cycle(const inode& moving, inode_id new_parent) {
  // The new parent is below what moves: then somewhere between them is a place that is out of date.
  for (auto* step = get(new_parent); step->parent.value() != 0; step = get(step->parent)) {
    if (step->parent != moving.view.node) continue;
    leave_place(*step);
    return;
  }
}

void inode_table::take_record(inode& i, const record_ptr& record) {
  if (record->by_path) i.confirmed = std::max(i.confirmed, record->received);
  if (i.view.record && i.view.record->asked > record->asked) return;
  i.view.record = record;
  i.view.type = record->attr.type;
}

void inode_table::drop_if_unused(inode_id node) noexcept {
  while (node.value() != 0 && node != root_inode) {
    const auto found = inodes_.find(node);
    if (found == inodes_.end()) return;
    auto& i = found->second;
    if (i.lookups != 0 || i.children != 0 || i.pins != 0) return;
    const auto parent = i.parent;
    if (parent.value() != 0) {
      by_name_.erase({parent, i.name});
      --get(parent)->children;
    }
    by_identity_.erase(i.identity);
    inodes_.erase(found);
    node = parent;
  }
}

const inode_table::inode* inode_table::inode_path_base(const inode& i) const {
  if (!inode_paths_) return nullptr;
  for (const auto* step = &i;; step = get(step->parent)) {
    if (step->view.kind == inode_kind::live && step->view.id.value() != 0) return step;
    if (step->view.kind == inode_kind::container && step->name == reserved_directory) return nullptr;
    if (step->parent.value() == 0) return nullptr;
  }
}

std::string inode_table::names_below(const inode& i, const inode* base) const {
  std::vector<std::string_view> names;
  for (const auto* step = &i; step != base; step = get(step->parent)) names.push_back(step->name);
  std::string out;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (!out.empty()) out.push_back('/');
    out.append(*name);
  }
  return out;
}

}  // namespace hdfsmount::fs
