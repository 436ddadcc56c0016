#include "fs/name_service.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace hdfsmount::fs {
namespace {

constexpr std::size_t largest_record = 4 << 20;  // a group with very many members

/// Runs one of the get*_r functions with a buffer that grows until the record fits.
template <class Record, class Function>
result<std::optional<Record>> query(Function function, std::vector<char>& buffer) {
  buffer.resize(4096);
  for (;;) {
    Record record{};
    Record* found = nullptr;
    const int failure = function(&record, buffer.data(), buffer.size(), &found);
    if (found != nullptr) return std::optional<Record>(record);
    switch (failure) {
      case ERANGE:
        if (buffer.size() >= largest_record) return error(errc::limit_exceeded, "name service record");
        buffer.resize(buffer.size() * 4);
        continue;
      case EINTR:
        continue;
      // getpwnam(3): any of these may stand for "not found"
      case 0:
      case ENOENT:
      case ESRCH:
      case EBADF:
      case EPERM:
        return std::optional<Record>();
      default:
        return error(boost::system::error_code(failure, boost::system::generic_category()));
    }
  }
}

class system_service final : public name_service {
 public:
  result<std::optional<uid_t>> user_id(const std::string& name) override {
    std::vector<char> buffer;
    const auto found = query<passwd>([&](auto... rest) { return getpwnam_r(name.c_str(), rest...); }, buffer);
    if (!found) return found.error();
    return *found ? std::optional<uid_t>((*found)->pw_uid) : std::nullopt;
  }
  result<std::optional<gid_t>> group_id(const std::string& name) override {
    std::vector<char> buffer;
    const auto found = query<group>([&](auto... rest) { return getgrnam_r(name.c_str(), rest...); }, buffer);
    if (!found) return found.error();
    return *found ? std::optional<gid_t>((*found)->gr_gid) : std::nullopt;
  }
  result<std::optional<std::string>> user_name(uid_t id) override {
    std::vector<char> buffer;
    const auto found = query<passwd>([&](auto... rest) { return getpwuid_r(id, rest...); }, buffer);
    if (!found) return found.error();
    return *found ? std::optional<std::string>((*found)->pw_name) : std::nullopt;
  }
  result<std::optional<std::string>> group_name(gid_t id) override {
    std::vector<char> buffer;
    const auto found = query<group>([&](auto... rest) { return getgrgid_r(id, rest...); }, buffer);
    if (!found) return found.error();
    return *found ? std::optional<std::string>((*found)->gr_name) : std::nullopt;
  }
};

}  // namespace

std::shared_ptr<name_service> system_name_service() {
  return std::make_shared<system_service>();
}

}  // namespace hdfsmount::fs
