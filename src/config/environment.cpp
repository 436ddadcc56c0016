#include "config/environment.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

namespace hdfsmount::config {
namespace {

std::string effective_user_name() {
  std::vector<char> buffer(1024);
  passwd entry{};
  passwd* found = nullptr;
  while (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == ERANGE && buffer.size() < (1U << 20)) {
    buffer.resize(buffer.size() * 2);
  }
  return found ? found->pw_name : std::string();
}

}  // namespace

environment environment::of_process() {
  const auto variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  environment env;
  env.variable = variable;
  env.user_name = effective_user_name();
  return env;
}

environment environment::of_map(std::map<std::string, std::string> variables, std::string user_name) {
  environment env;
  env.variable = [map = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = map.find(name);
    return found == map.end() ? std::nullopt : std::optional(found->second);
  };
  env.user_name = std::move(user_name);
  return env;
}

}  // namespace hdfsmount::config
