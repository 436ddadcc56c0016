#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "fs/file_record.hpp"
#include "fs/options.hpp"

namespace hdfsmount::fs {

inline constexpr inode_id root_inode{1};

/// How an inode is addressed.
enum class inode_kind : std::uint8_t {
  live,        ///< in the live tree: known by its file id, follows renames
  container,   ///< `.snapshot`, or `.reserved` of the root: known by its place; each child begins a tree of its own
  scope_root,  ///< such a child (a snapshot, `.reserved/raw`): known by its place
  scoped,      ///< below a scope root: known by file id and scope root
};

/// What the table says about one inode, copied out.
struct inode_view {
  inode_view() = default;

  inode_id node;
  inode_kind kind = inode_kind::live;
  file_id id;
  file_type type = file_type::regular;
  std::uint64_t ino = 0;  ///< st_ino
  inode_id scope;         ///< the scope root's node; 0 in the live tree
  std::uint64_t scope_ino = 0;
  bool at_reserved_level = false;  ///< the root of HDFS itself, where `.reserved` is
  record_ptr record;               ///< what was last heard of it
  std::uint64_t shown_length = 0;  ///< more than the record's: an open file knew of it when it was shown last
  steady_time shown_as_of{};       ///< when that file had asked
};

/// Two ways to ask for an inode. Either may be empty, not both.
struct inode_location {
  inode_location() = default;

  std::string path;        ///< through the names last seen
  std::string inode_path;  ///< through `/.reserved/.inodes/<id>` of it or of its nearest ancestor in the live tree
  bool confirmed = false;  ///< the names were seen to lead here a moment ago

  bool use_path() const noexcept { return inode_path.empty() || (confirmed && !path.empty()); }
  const std::string& best() const noexcept { return use_path() ? path : inode_path; }
};

/// Content of a file as of an open, for the decision whether cached pages are still good.
struct content_mark {
  content_mark() = default;
  content_mark(std::uint64_t length_, file_time modified_, std::uint64_t version_)
      : length(length_), modified(modified_), version(version_) {}

  std::uint64_t length = 0;
  file_time modified{};
  std::uint64_t version = 0;  ///< hdfs::input_stream::content_version()

  friend bool operator==(const content_mark&, const content_mark&) = default;
};

/// Every inode that the kernel, a handle or a child refers to: identity, place in the tree, look-up count, last record.
/// Nodeids are never used twice. A child keeps its parent, so paths can always be formed. Thread-safe.
class inode_table {
 public:
  /// Names count as confirmed for `confirmed_for` after they were seen.
  inode_table(const options& settings, milliseconds confirmed_for);

  /// What the root is; also later, since the root is whatever its path leads to.
  void set_root(const record_ptr& record);

  std::optional<inode_view> find(inode_id node) const;
  std::optional<inode_location> locate(inode_id node, steady_time now) const;
  /// For log lines; "?" for an unknown inode.
  std::string display_path(inode_id node) const;

  /// The inode that `name` in `parent` leads to according to `record`, its look-up count raised by one. An inode known
  /// elsewhere moves here with everything below it; another one that was here loses its place. Nothing when `parent` is
  /// unknown.
  std::optional<inode_view> attach(inode_id parent, std::string_view name, const record_ptr& record);
  /// A newer record of the same file.
  void update(inode_id node, const record_ptr& record);
  /// The names do not lead to this inode any more: from now on it is asked for by its id, if it has one.
  void detach(inode_id node);

  void forget(inode_id node, std::uint64_t count) noexcept;
  /// An open handle keeps the inode.
  void pin(inode_id node);
  void unpin(inode_id node) noexcept;

  /// Whether the content is what it was at the last open; remembers `now` for the next one. Without a mark: no.
  bool unchanged_since_open(inode_id node, const std::optional<content_mark>& now);
  /// A length that differs from the record's is shown; `as_of`: when HDFS was asked for it.
  void shown(inode_id node, std::uint64_t length, steady_time as_of);

  struct place {
    place() = default;
    inode_id parent;
    std::string name;
  };
  /// Nothing for the root and for what has lost its place.
  std::optional<place> place_of(inode_id node) const;

  std::size_t size() const;
  std::uint64_t lookups() const;

  static inode_kind kind_of_child(const inode_view& parent, std::string_view name);
  /// The st_ino of a child as a listing has to show it before the child is in the table.
  static std::uint64_t ino_of_child(const inode_view& parent, std::string_view name, file_id id);

 private:
  struct key {
    inode_id scope;
    file_id id;
    std::string name;  ///< empty for what is known by its id
    friend bool operator==(const key&, const key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept;
  };
  struct name_key {
    inode_id parent;
    std::string_view name;  // of the inode itself
    friend bool operator==(const name_key&, const name_key&) = default;
  };
  struct name_hash {
    std::size_t operator()(const name_key& k) const noexcept;
  };
  struct inode {
    inode_view view;
    key identity;
    inode_id parent;  // 0: the root, or no place
    std::string name;
    steady_time confirmed;
    std::uint64_t lookups = 0;
    std::uint32_t children = 0;
    std::uint32_t pins = 0;
    std::optional<content_mark> opened;
  };

  // All with the mutex held.
  inode* get(inode_id node);
  const inode* get(inode_id node) const;
  inode& find_or_add(const inode& parent, std::string_view name, const record_ptr& record);
  void move_to(inode& child, inode_id parent, std::string_view name);
  void leave_place(inode& child) noexcept;
  void break_cycle(const inode& moving, inode_id new_parent);
  void take_record(inode& i, const record_ptr& record);
  void drop_if_unused(inode_id node) noexcept;
  static key identity_of(const inode_view& parent, std::string_view name, file_id id);
  const inode* inode_path_base(const inode& i) const;
  std::string names_below(const inode& i, const inode* base) const;

  const std::string source_;
  const bool inode_paths_;
  const milliseconds confirmed_for_;
  mutable std::mutex mutex_;  // leaf
  std::unordered_map<inode_id, inode> inodes_;
  std::unordered_map<key, inode_id, key_hash> by_identity_;
  std::unordered_map<name_key, inode_id, name_hash> by_name_;
  std::uint64_t next_ = root_inode.value() + 1;
  std::uint64_t lookups_ = 0;
};

}  // namespace hdfsmount::fs
