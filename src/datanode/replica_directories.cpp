#include "datanode/replica_directories.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace hdfsmount::datanode {
namespace {

constexpr std::string_view known_layout = "-57";
constexpr seconds look_every{30};
constexpr std::size_t largest_version_file = 64 * 1024;

std::string text_of(int number) {
  return boost::system::error_code(number, boost::system::system_category()).message();
}

/// Empty with patience::none: what is on the way is not in the kernel's caches.
result<std::shared_ptr<net::descriptor>> open_file(const std::string& path, local_replica::patience how) {
  open_how wanted{};
  wanted.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  if (how == local_replica::patience::none) wanted.resolve = RESOLVE_CACHED;
  const auto number = static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &wanted, sizeof wanted));
  if (number >= 0) return std::make_shared<net::descriptor>(number);
  const bool waits = errno == EAGAIN || errno == ENOSYS || errno == EINVAL || errno == EPERM;
  if (how == local_replica::patience::none && waits) return std::shared_ptr<net::descriptor>();
  if (errno != ENOSYS && errno != EPERM) return error(datanode_errc::refused, path + ": " + text_of(errno));
  // Kernels before 5.6, and filters of system calls that do not know it.
  const auto plain = ::open(path.c_str(), static_cast<int>(wanted.flags));
  if (plain >= 0) return std::make_shared<net::descriptor>(plain);
  return error(datanode_errc::refused, path + ": " + text_of(errno));
}

/// A VERSION file: KEY=VALUE lines.
result<std::map<std::string, std::string>> read_version(const std::string& path) {
  const auto file = open_file(path, local_replica::patience::disk);
  if (!file) return file.error();
  std::string text(largest_version_file, '\0');
  const auto count = ::pread((*file)->get(), text.data(), text.size(), 0);
  if (count < 0) return error(datanode_errc::refused, path + ": " + text_of(errno));
  text.resize(static_cast<std::size_t>(count));
  std::map<std::string, std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    if (const auto equals = line.find('='); equals != std::string::npos && line.front() != '#')
      out.emplace(line.substr(0, equals), line.substr(equals + 1));
    at = end + 1;
  }
  return out;
}

/// The root's storage id.
result<std::string> identify(const std::string& root) {
  const auto path = root + "/current/VERSION";
  auto version = read_version(path);
  if (!version) return version.error();
  if (const auto layout = (*version)["layoutVersion"]; layout != known_layout)
    return error(errc::unsupported, fmt::format("{}: layoutVersion is '{}', not {}", path, layout, known_layout));
  auto id = (*version)["storageID"];
  if (id.empty()) return error(errc::unsupported, path + ": no storageID");
  return id;
}

/// Not every server's text may become part of a path.
bool is_file_name(const std::string& text) {
  return !text.empty() && text.front() != '.' && text.find('/') == std::string::npos &&
         text.find('\0') == std::string::npos;
}

}  // namespace

replica_directories::replica_directories(std::vector<std::string> roots, const clock_source& time, logger& log)
    : roots_(std::move(roots)), time_(time), log_(log) {}

void replica_directories::look() {
  std::map<std::string, std::string> found;
  for (const auto& root : roots_) {
    auto id = identify(root);
    bool news = false;
    {
      const std::lock_guard lock(mutex_);
      news = id ? told_.erase(root) > 0 : told_.insert(root).second;
    }
    if (!id && news) log_.warning("no direct reads of replicas in {}: {}", root, id.error().to_string());
    if (id && news) log_.info("replicas in {} can be read directly", root);
    if (id) found.emplace(std::move(*id), root);
  }
  const std::lock_guard lock(mutex_);
  by_id_ = std::move(found);
  looking_ = false;
}

bool replica_directories::should_look() {
  const auto now = time_.now();
  const std::lock_guard lock(mutex_);
  if (looking_ || now < look_again_) return false;
  looking_ = true;
  look_again_ = now + look_every;
  return true;
}

std::size_t replica_directories::known() const {
  const std::lock_guard lock(mutex_);
  return by_id_.size();
}

bool replica_directories::has(const std::string& storage_id) const {
  const std::lock_guard lock(mutex_);
  return by_id_.contains(storage_id);
}

std::string replica_directories::root_of(const std::string& storage_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(storage_id);
  return found == by_id_.end() ? std::string() : found->second;
}

result<std::shared_ptr<local_replica>> replica_directories::open(const wire::extended_block& block,
                                                                 const std::string& storage_id,
                                                                 local_replica::patience how) const {
  const auto root = root_of(storage_id);
  if (root.empty() || !is_file_name(block.pool)) return error(datanode_errc::refused, "not a storage of this machine");
  const auto id = static_cast<std::int64_t>(block.id.value());
  const auto data_path = fmt::format("{}/current/{}/current/finalized/subdir{}/subdir{}/blk_{}", root, block.pool,
                                     (id >> 16) & 0x1F, (id >> 8) & 0x1F, id);
  // The name of the checksums has the generation stamp: whoever appends takes it away before anything else.
  const auto checksums = open_file(fmt::format("{}_{}.meta", data_path, block.stamp.value()), how);
  if (!checksums) return checksums.error();
  if (!*checksums) return std::shared_ptr<local_replica>();
  const auto data = open_file(data_path, how);
  if (!data) return data.error();
  if (!*data) return std::shared_ptr<local_replica>();
  return local_replica::open(*data, *checksums, block.length, how);
}

}  // namespace hdfsmount::datanode
