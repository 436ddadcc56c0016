#include "fs/identities.hpp"

#include "fs/blocking_memo.hpp"
#include "fs/errors.hpp"
#include "fs/names.hpp"
#include "fs/synthetic_ids.hpp"

namespace hdfsmount::fs {

std::uint32_t synthetic_ids::id_of(std::string_view name) {
  const auto start = static_cast<std::uint32_t>(stable_hash(0, name) % count_);
  const std::lock_guard lock(mutex_);
  for (std::uint32_t step = 0; step < count_; ++step) {
    const auto id = base_ + (start + step) % count_;
    const auto found = names_.find(id);
    if (found == names_.end()) {
      if (names_.size() >= limit_) break;
      names_.emplace(id, name);
      return id;
    }
    if (found->second == name) return id;
  }
  return base_ + start;
}

std::optional<std::string> synthetic_ids::name_of(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(id);
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

namespace {

constexpr std::size_t synthetic_limit = 65'536;

/// Users or groups: both kinds of number are 32 bits.
struct principals {
  using id_memo = blocking_memo<std::string, std::uint32_t>;
  using name_memo = blocking_memo<std::uint32_t, std::optional<std::string>>;
  using find_id = std::function<result<std::optional<std::uint32_t>>(const std::string&)>;
  using find_name = std::function<result<std::optional<std::string>>(std::uint32_t)>;

  principals(find_id by_name, find_name by_id, const identities::options& settings, const clock_source& clock)
      : synthetic(
            std::make_shared<synthetic_ids>(settings.unknown_id_base, settings.unknown_id_count, synthetic_limit)) {
    ids = std::make_shared<id_memo>(
        [by_name = std::move(by_name), made_up = synthetic](const std::string& name) {
          const auto found = by_name(name);
          if (!found) return id_memo::answer{made_up->id_of(name), false};
          return id_memo::answer{*found ? **found : made_up->id_of(name), true};
        },
        clock, settings.expiry, settings.retry_after_failure, settings.limit);
    names = std::make_shared<name_memo>(
        [by_id = std::move(by_id)](const std::uint32_t& id) {
          const auto found = by_id(id);
          if (!found) return name_memo::answer{std::nullopt, false};
          return name_memo::answer{*found, true};
        },
        clock, settings.expiry, settings.retry_after_failure, settings.limit);
  }

  std::shared_ptr<synthetic_ids> synthetic;
  std::shared_ptr<id_memo> ids;
  std::shared_ptr<name_memo> names;
};

}  // namespace

struct identities::core {
  core(const std::shared_ptr<name_service>& service, const clock_source& clock, const options& settings)
      : users([service](const std::string& name) { return service->user_id(name); },
              [service](uid_t id) { return service->user_name(id); }, settings, clock),
        groups([service](const std::string& name) { return service->group_id(name); },
               [service](gid_t id) { return service->group_name(id); }, settings, clock),
        pool(1) {}

  async::task<result<std::string>> name_of(principals& kind, std::uint32_t id, steady_time deadline) {
    if (auto made_up = kind.synthetic->name_of(id)) co_return *made_up;
    auto found = co_await kind.names->get(id, pool, deadline);
    if (!found) co_return found.error();
    if (!*found) co_return make_error(fs_errc::not_found);
    co_return **found;
  }

  principals users;
  principals groups;
  async::worker_pool pool;
};

identities::identities(std::shared_ptr<name_service> service, const clock_source& clock, options settings)
    : core_(std::make_unique<core>(service, clock, settings)) {}

identities::~identities() {
  core_->users.ids->abandon();
  core_->users.names->abandon();
  core_->groups.ids->abandon();
  core_->groups.names->abandon();
}

async::task<result<uid_t>> identities::user_id(std::string name, steady_time deadline) {
  return core_->users.ids->get(std::move(name), core_->pool, deadline);
}
async::task<result<gid_t>> identities::group_id(std::string name, steady_time deadline) {
  return core_->groups.ids->get(std::move(name), core_->pool, deadline);
}
async::task<result<std::string>> identities::user_name(uid_t id, steady_time deadline) {
  return core_->name_of(core_->users, id, deadline);
}
async::task<result<std::string>> identities::group_name(gid_t id, steady_time deadline) {
  return core_->name_of(core_->groups, id, deadline);
}
std::optional<uid_t> identities::known_user_id(const std::string& name) {
  return core_->users.ids->known(name, core_->pool);
}
std::optional<gid_t> identities::known_group_id(const std::string& name) {
  return core_->groups.ids->known(name, core_->pool);
}

}  // namespace hdfsmount::fs
