#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/startup_error.hpp"
#include "cli/status_report.hpp"
#include "cli/version.hpp"
#include "config/environment.hpp"
#include "control/client.hpp"
#include "control/socket_path.hpp"
#include "fuse/mount_table.hpp"

namespace hdfsmount::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view usage =
    "Usage: hdfsctl status MOUNTPOINT [--json]          configuration in force, connections, caches, counters\n"
    "       hdfsctl log-level MOUNTPOINT LEVEL          trace, debug, info, warning, error or off\n"
    "       hdfsctl --help | --version\n"
    "\n"
    "  --socket PATH   the mount's control socket, where -o control=PATH was given\n";

constexpr milliseconds patience{10'000};

struct request {
  std::string command;
  std::string mount_point;
  std::string level;
  std::string socket;
  bool as_json = false;
};

class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

request parse(const std::vector<std::string>& words) {
  request out;
  std::vector<std::string> plain;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--json") {
      out.as_json = true;
    } else if (*word == "--socket") {
      if (++word == words.end()) throw usage_error("--socket needs a path");
      out.socket = *word;
    } else if (word->starts_with("-") && *word != "-") {
      throw usage_error(fmt::format("unknown option {}", printable(*word)));
    } else {
      plain.push_back(*word);
    }
  }
  if (plain.empty()) throw usage_error("no command");
  out.command = plain[0];
  if (out.command != "status" && out.command != "log-level")
    throw usage_error(fmt::format("unknown command {}", printable(out.command)));
  const std::size_t expected = out.command == "status" ? 2 : 3;
  if (plain.size() != expected) throw usage_error(fmt::format("{} takes {} argument(s)", out.command, expected - 1));
  out.mount_point = plain[1];
  if (expected == 3) out.level = plain[2];
  return out;
}

/// The uid that made the mount, as the kernel knows it.
uid_t owner_of(const fuse::mount_entry& mount) {
  constexpr std::string_view key = "user_id=";
  uid_t out = 0;
  const auto at = mount.super_options.find(key);
  if (at == std::string::npos) return out;
  const auto* begin = mount.super_options.data() + at + key.size();
  std::from_chars(begin, mount.super_options.data() + mount.super_options.size(), out);
  return out;
}

/// Root may ask for any user's mount, others for their own.
std::string socket_of(const std::string& mount_point) {
  const auto mount = fuse::find_mount(mount_point);
  const auto self = ::geteuid();
  const auto owner = self == 0 && mount ? owner_of(*mount) : self;
  const auto runtime = config::environment::of_process().variable("XDG_RUNTIME_DIR").value_or(std::string());
  return control::socket_path(control::runtime_directory(owner, owner == self ? runtime : std::string()), mount_point);
}

std::string describe(const error& failure, const std::string& mount_point) {
  const auto& code = failure.code();
  if (code == boost::system::errc::no_such_file_or_directory || code == boost::system::errc::connection_refused)
    return fmt::format("no hdfsmount serves {} (mounts of other users and with -o control= need --socket)",
                       mount_point);
  if (code == boost::system::errc::permission_denied)
    return fmt::format("{} is another user's mount: run hdfsctl as that user or as root", mount_point);
  if (code == make_error_code(errc::unsupported)) return std::string(failure.detail());
  return fmt::format("{}: {}", mount_point, failure.to_string());
}

int run(const request& what) {
  const auto mount_point = control::resolve_mount_point(what.mount_point);
  if (!mount_point) {
    fmt::print(stderr, "hdfsctl: {}: {}\n", what.mount_point, mount_point.error().code().message());
    return exit_usage;
  }
  json::object question{{"command", what.command}};
  if (!what.level.empty()) question["level"] = what.level;
  const auto path = what.socket.empty() ? socket_of(*mount_point) : what.socket;
  const auto answer = control::ask(path, question, patience);
  if (!answer) {
    fmt::print(stderr, "hdfsctl: {}\n", printable(describe(answer.error(), *mount_point), 4096));
    return exit_usage;
  }
  if (what.command != "status") return exit_ok;
  fmt::print("{}", what.as_json ? json::serialize(*answer) + "\n" : status_text(*answer));
  return exit_ok;
}

}  // namespace
}  // namespace hdfsmount::cli

int main(int count, char** words) {
  using namespace hdfsmount::cli;
  const std::vector<std::string> arguments(words + 1, words + count);
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    fmt::print("{}", usage);
    return exit_ok;
  }
  if (!arguments.empty() && (arguments[0] == "--version" || arguments[0] == "-V")) {
    fmt::print("hdfsctl {}\n", version());
    return exit_ok;
  }
  try {
    return run(parse(arguments));
  } catch (const usage_error& problem) {
    fmt::print(stderr, "hdfsctl: {}; see hdfsctl --help\n", problem.what());
  } catch (const std::exception& problem) {
    fmt::print(stderr, "hdfsctl: {}\n", problem.what());
  }
  return exit_usage;
}
