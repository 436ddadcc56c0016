#pragma once

#include <condition_variable>
#include <map>
#include <mutex>

#include "fs/name_service.hpp"

namespace hdfsmount::fs::testing {

/// Knows alice (1001), bob (1002) and staff (2001) at first; can hang and can fail.
class fake_name_service final : public name_service {
 public:
  result<std::optional<uid_t>> user_id(const std::string& name) override { return find(users, name); }
  result<std::optional<gid_t>> group_id(const std::string& name) override { return find(groups, name); }
  result<std::optional<std::string>> user_name(uid_t id) override { return find_name(users, id); }
  result<std::optional<std::string>> group_name(gid_t id) override { return find_name(groups, id); }

  void hang() {
    const std::lock_guard lock(mutex_);
    hanging_ = true;
  }
  void recover() {
    const std::lock_guard lock(mutex_);
    hanging_ = failing_ = false;
    changed_.notify_all();
  }
  void fail() {
    const std::lock_guard lock(mutex_);
    failing_ = true;
  }
  void set_user(const std::string& name, std::optional<uid_t> id) {
    const std::lock_guard lock(mutex_);
    if (id)
      users[name] = *id;
    else
      users.erase(name);
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  using table = std::map<std::string, std::uint32_t>;

  result<void> enter(std::unique_lock<std::mutex>& lock) {
    ++calls_;
    changed_.wait(lock, [&] { return !hanging_; });
    if (failing_) return error(errc::connection_lost);
    return {};
  }
  result<std::optional<std::uint32_t>> find(const table& in, const std::string& name) {
    std::unique_lock lock(mutex_);
    if (auto entered = enter(lock); !entered) return entered.error();
    const auto found = in.find(name);
    return found == in.end() ? std::nullopt : std::optional(found->second);
  }
  result<std::optional<std::string>> find_name(const table& in, std::uint32_t id) {
    std::unique_lock lock(mutex_);
    if (auto entered = enter(lock); !entered) return entered.error();
    for (const auto& [name, number] : in)
      if (number == id) return std::optional(name);
    return std::optional<std::string>();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool hanging_ = false;
  bool failing_ = false;
  int calls_ = 0;
  table users{{"alice", 1001}, {"bob", 1002}};
  table groups{{"staff", 2001}};
};

}  // namespace hdfsmount::fs::testing
