#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "fs/file_record.hpp"
#include "fs/options.hpp"

namespace hdfsmount::fs {

/// What names lead to, as long as the time-outs allow: from look-ups and listings, and, where wanted, names that do not
/// exist. Bounded; the oldest goes first. Thread-safe.
class entry_cache {
 public:
  explicit entry_cache(const options& settings)
      : entry_timeout_(settings.entry_timeout),
        negative_timeout_(settings.negative_timeout),
        limit_(settings.entry_cache_limit) {}

  struct answer {
    answer() = default;
    record_ptr record;         ///< nothing: the name does not exist
    milliseconds remaining{};  ///< how long this may be kept still
  };

  void put(inode_id parent, std::string_view name, record_ptr record);
  void put_missing(inode_id parent, std::string_view name, steady_time received);
  /// Nothing when it is not known or out of date.
  std::optional<answer> find(inode_id parent, std::string_view name, steady_time now) const;
  void erase(inode_id parent, std::string_view name);
  void clear();
  std::size_t size() const;

 private:
  struct item {
    item(inode_id parent_, std::string_view name_) : parent(parent_), name(name_) {}
    inode_id parent;
    std::string name;
    record_ptr record;
    steady_time until;
  };
  struct key {
    inode_id parent;
    std::string_view name;  // of the item itself
    friend bool operator==(const key&, const key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept {
      return std::hash<std::string_view>{}(k.name) ^ (k.parent.value() * 0x9e3779b97f4a7c15U);
    }
  };
  void put(inode_id parent, std::string_view name, record_ptr record, steady_time received, milliseconds timeout);

  const milliseconds entry_timeout_;
  const milliseconds negative_timeout_;
  const std::size_t limit_;
  mutable std::mutex mutex_;  // leaf
  std::list<item> items_;     // in order of arrival
  std::unordered_map<key, std::list<item>::iterator, key_hash> index_;
};

}  // namespace hdfsmount::fs
