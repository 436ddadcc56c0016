#include "config/command_line.hpp"
#include "config/config_error.hpp"

namespace hdfsmount::config {
namespace {

constexpr std::string_view usage =
    "Usage: hdfsmount [SOURCE] MOUNTPOINT [-o option[,option...]] [-f] [--log-level LEVEL]\n"
    "       mount.hdfs SOURCE MOUNTPOINT [-sfnvrw] [-t TYPE] [-o option[,option...]]\n"
    "\n"
    "Mounts HDFS as a local directory tree. SOURCE is hdfs://HOST[:PORT][/DIR] or hdfs://NAMESERVICE[/DIR];\n"
    "without it, fs.defaultFS of core-site.xml is mounted.\n"
    "\n"
    "  -o OPTION,...       mount options, see below; may be repeated\n"
    "  -f                  stay in the foreground (as mount.hdfs: check everything, mount nothing)\n"
    "  --log-level LEVEL   as -o log_level=LEVEL, and wins over it\n"
    "  -r, -w              as -o ro, -o rw\n"
    "  -s                  warn of unknown options instead of failing\n"
    "  -n, -v, -t TYPE     accepted from mount(8) and ignored\n"
    "  -h, --help          print this text\n"
    "  -V, --version       print the version\n";

struct heading {
  option_group group;
  std::string_view title;
};

constexpr heading headings[] = {
    {option_group::mount, "Mount options"},
    {option_group::configuration, "Hadoop configuration"},
    {option_group::presentation, "Caching and ownership"},
    {option_group::limits, "Limits"},
    {option_group::reading, "Replicas on this machine"},
    {option_group::logging, "Logging and control"},
};

std::string row(const option_spec& spec) {
  const auto name = spec.value.empty() ? std::string(spec.name) : fmt::format("{}={}", spec.name, spec.value);
  const auto initial = spec.default_text.empty() ? std::string() : fmt::format(" [{}]", spec.default_text);
  return fmt::format("  {:<29} {}{}\n", name, spec.help, initial);
}

}  // namespace

std::string help_text() {
  std::string text(usage);
  for (const auto& [group, title] : headings) {
    text += fmt::format("\n{}:\n", title);
    for (const auto& spec : mount_option_table()) {
      if (spec.group == group) text += row(spec);
    }
    if (group == option_group::configuration)
      text += fmt::format("  {:<29} {}\n", "hdfs.KEY=VALUE", "any Hadoop key; wins over files");
  }
  text += "\nAccepted and ignored:";
  std::string line;
  for (const auto& spec : mount_option_table()) {
    if (spec.group != option_group::ignored) continue;
    if (line.empty() || line.size() + spec.name.size() > 90) {
      text += line + "\n ";
      line.clear();
    }
    line += fmt::format(" {}", spec.name);
  }
  return text + line + " comment=... x-...\n";
}

}  // namespace hdfsmount::config
