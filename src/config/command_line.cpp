#include "config/command_line.hpp"

#include <CLI/CLI.hpp>
#include <iterator>

#include "config/config_error.hpp"
#include "config/suggestion.hpp"

namespace hdfsmount::config {
namespace {

struct raw_arguments {
  std::vector<std::string> positionals;
  std::vector<std::string> options;
  std::string level;
  std::string mount_namespace;
  std::string type;
  bool f = false;
  bool sloppy = false;
  bool read_only = false;
  bool read_write = false;
  bool no_mtab = false;
  bool verbose = false;
  bool help = false;
  bool version = false;
};

void declare(CLI::App& app, raw_arguments& raw) {
  app.set_help_flag();
  app.allow_extras();
  app.add_option("arguments", raw.positionals);
  app.add_option("-o", raw.options)->allow_extra_args(false);
  app.add_option("--log-level", raw.level)->take_last();
  app.add_option("-N", raw.mount_namespace);
  app.add_option("-t", raw.type);
  app.add_flag("-f", raw.f);
  app.add_flag("-s", raw.sloppy);
  app.add_flag("-r", raw.read_only);
  app.add_flag("-w", raw.read_write);
  app.add_flag("-n", raw.no_mtab);
  app.add_flag("-v", raw.verbose);
  app.add_flag("-h,--help", raw.help);
  app.add_flag("-V,--version", raw.version);
}

raw_arguments parse_raw(const std::vector<std::string>& arguments) {
  CLI::App app;
  raw_arguments raw;
  declare(app, raw);
  std::vector<std::string> reversed(arguments.rbegin(), std::prev(arguments.rend()));  // as CLI11 wants them
  try {
    app.parse(reversed);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view text(error.what());  // "-o: 1 required TEXT missing"
    throw config_error::of("{} needs a value; see hdfsmount --help", text.substr(0, text.find(':')));
  } catch (const CLI::ParseError& error) {
    throw config_error::of("{}; see hdfsmount --help", error.what());
  }
  for (const auto& extra : app.remaining()) {
    if (!extra.starts_with("-") || extra == "--") continue;
    const auto close = closest(extra.substr(0, extra.find('=')), {"--log-level", "--help", "--version"});
    const auto advice = close.empty() ? std::string("see hdfsmount --help") : fmt::format("did you mean {}?", close);
    throw config_error::of("unknown flag '{}'; {}", extra, advice);
  }
  return raw;
}

void take_positionals(const raw_arguments& raw, command_line& line) {
  const auto& words = raw.positionals;
  const auto usage =
      line.as_helper ? "mount.hdfs SOURCE MOUNTPOINT [-o options]" : "hdfsmount [SOURCE] MOUNTPOINT [-o options]";
  if (words.size() > 2) throw config_error::of("unexpected argument '{}'; usage: {}", words[2], usage);
  if (words.empty() || (line.as_helper && words.size() < 2)) {
    throw config_error::of("no mount point is given; usage: {}", usage);
  }
  line.mountpoint = words.back();
  if (words.size() == 2) line.source = words.front();
  if (line.mountpoint.empty() || line.mountpoint.find("://") != std::string::npos) {
    throw config_error::of("'{}' is not a mount point; usage: {}", line.mountpoint, usage);
  }
}

}  // namespace

command_line parse_command_line(const std::vector<std::string>& arguments) {
  command_line line;
  const auto program = arguments.empty() ? std::string() : arguments.front();
  line.as_helper = program.substr(program.rfind('/') + 1) == "mount.hdfs";
  const auto raw = arguments.size() > 1 ? parse_raw(arguments) : raw_arguments{};
  if (raw.help || raw.version) {
    line.what = raw.help ? command::show_help : command::show_version;
    return line;
  }
  (line.as_helper ? line.fake : line.foreground) = raw.f;
  if (!raw.mount_namespace.empty()) {
    throw config_error::of("-N {0}: mounting in another namespace is not supported; use nsenter --mount={0} instead",
                           raw.mount_namespace);
  }
  auto options = raw.options;
  if (!raw.level.empty()) options.push_back("log_level=" + raw.level);
  if (raw.read_write) options.emplace_back("rw");
  if (raw.read_only) options.emplace_back("ro");
  line.options = parse_mount_options(options, raw.sloppy);
  take_positionals(raw, line);
  return line;
}

}  // namespace hdfsmount::config
