#include <filesystem>
#include <limits>

#include "config/config_error.hpp"
#include "config/mount_options.hpp"
#include "config/values.hpp"

namespace hdfsmount::config {
namespace {

using reason = std::string;

template <auto Member, bool Value>
reason flag(mount_options& options, std::string_view) {
  options.*Member = Value;
  return {};
}

template <auto Member>
reason text(mount_options& options, std::string_view value) {
  options.*Member = value;
  return value.empty() ? "its value is empty" : "";
}

template <auto Member>
reason path(mount_options& options, std::string_view value) {
  if (value.empty()) return "its value is empty";
  options.*Member = std::filesystem::absolute(value).lexically_normal().string();
  return {};
}

template <auto Member, std::int64_t Least>
reason duration(mount_options& options, std::string_view value) {
  const auto parsed = parse_duration(value, std::chrono::seconds(1));
  if (!parsed) return "not a time; write seconds, or a number with ms, s, m or h, as in 500ms";
  options.*Member = std::chrono::duration_cast<milliseconds>(*parsed);
  if (*parsed < nanoseconds(0) || (options.*Member).count() < Least) return fmt::format("must be at least {}ms", Least);
  return {};
}

template <auto Member, std::int64_t Least, std::int64_t Most>
reason count(mount_options& options, std::string_view value) {
  const auto parsed = parse_integer(value);
  if (!parsed || *parsed < Least || *parsed > Most) return fmt::format("not a whole number from {} to {}", Least, Most);
  options.*Member = static_cast<std::uint32_t>(*parsed);
  return {};
}

template <auto Member>
reason id(mount_options& options, std::string_view value) {
  return count<Member, 0, std::numeric_limits<std::uint32_t>::max() - 1>(options, value);
}

reason unknown_id_base(mount_options& options, std::string_view value) {
  return count<&mount_options::unknown_id_base, 1,
               std::numeric_limits<std::uint32_t>::max() - std::int64_t{unknown_id_count}>(options, value);
}

reason umask(mount_options& options, std::string_view value) {
  options.umask = parse_octal_mode(value);
  return options.umask ? "" : "not an octal mode from 0 to 0777, as in 022";
}

reason memory(mount_options& options, std::string_view value) {
  constexpr std::int64_t least = 8 << 20;
  const auto parsed = parse_size(value);
  if (!parsed) return "not a size; write bytes, or a number with k, m or g, as in 256M";
  if (*parsed < least) return "must be at least 8M";
  options.memory = static_cast<std::uint64_t>(*parsed);
  return {};
}

reason level(mount_options& options, std::string_view value) {
  options.level = parse_log_level(value);
  return options.level ? "" : "not a log level; write trace, debug, info, warning, error or off";
}

reason user_mount(mount_options& options, std::string_view) {
  options.nosuid = options.nodev = options.noexec = true;
  return {};
}

reason ignore(mount_options&, std::string_view) {
  return {};
}

constexpr option_spec ignored_option(std::string_view name) {
  return {name, "", "", "accepted and ignored", option_group::ignored, ignore};
}

using o = mount_options;
using enum option_group;

constexpr option_spec table[] = {
    {"ro", "", "", "mount read-only", mount, flag<&o::read_only, true>},
    {"rw", "", "", "mount for reading and writing (the default)", mount, flag<&o::read_only, false>},
    {"allow_other", "", "", "let other users in; implies default_permissions", mount, flag<&o::allow_other, true>},
    {"default_permissions", "", "", "let the kernel check the mode bits", mount, flag<&o::default_permissions, true>},
    {"nosuid", "", "", "ignore set-user-id and set-group-id bits (the default)", mount, flag<&o::nosuid, true>},
    {"suid", "", "", "honour them", mount, flag<&o::nosuid, false>},
    {"nodev", "", "", "ignore device files (the default)", mount, flag<&o::nodev, true>},
    {"dev", "", "", "honour them", mount, flag<&o::nodev, false>},
    {"noexec", "", "", "forbid running programs", mount, flag<&o::noexec, true>},
    {"exec", "", "", "allow running programs (the default)", mount, flag<&o::noexec, false>},
    {"user", "", "", "of fstab: implies nosuid,nodev,noexec unless overridden later", mount, user_mount},
    {"users", "", "", "as user", mount, user_mount},
    {"owner", "", "", "as user", mount, user_mount},
    {"group", "", "", "as user", mount, user_mount},

    {"conf", "DIR", "", "directory of core-site.xml and hdfs-site.xml", configuration, path<&o::conf>},
    {"noautoconf", "", "", "read no Hadoop configuration file", configuration, flag<&o::autoconf, false>},
    {"hdfs_user", "NAME", "", "user at the NameNode instead of HADOOP_USER_NAME or the process' user", configuration,
     text<&o::hdfs_user>},

    {"attr_timeout", "TIME", "1s", "how long attributes may be cached", presentation, duration<&o::attr_timeout, 0>},
    {"entry_timeout", "TIME", "1s", "how long names may be cached", presentation, duration<&o::entry_timeout, 0>},
    {"negative_timeout", "TIME", "0s", "how long the absence of a name may be cached", presentation,
     duration<&o::negative_timeout, 0>},
    {"uid", "NUMBER", "", "owner shown for every file", presentation, id<&o::uid>},
    {"gid", "NUMBER", "", "group shown for every file", presentation, id<&o::gid>},
    {"umask", "OCTAL", "", "show permission bits 0777 without these for every file", presentation, umask},
    {"unknown_id_base", "NUMBER", "1879048192", "first id for owners and groups this host does not know", presentation,
     unknown_id_base},

    {"timeout", "TIME", "60s", "bound of every system call, retries included", limits, duration<&o::timeout, 1>},
    {"memory", "SIZE", "256M", "bound of read buffers and requests in flight together", limits, memory},
    {"max_calls", "NUMBER", "256", "NameNode calls in flight", limits, count<&o::max_calls, 1, 65535>},
    {"max_calls_per_second", "NUMBER", "0", "NameNode calls per second; 0 is unlimited", limits,
     count<&o::max_calls_per_second, 0, 1000000>},
    {"threads", "NUMBER", "0", "threads for network and protocol; 0 takes 2 to 4, by processors", limits,
     count<&o::threads, 0, 64>},
    {"max_background", "NUMBER", "8192", "read-ahead requests the kernel keeps in flight", limits,
     count<&o::max_background, 1, 65535>},

    {"direct_replicas", "", "", "open replicas of this machine in the DataNodes' directories", reading,
     flag<&o::direct_replicas, true>},
    {"replica_dirs", "DIR[:DIR]", "", "those directories; dfs.datanode.data.dir if not given", reading,
     text<&o::replica_dirs>},

    {"log_level", "LEVEL", "", "trace, debug, info, warning, error or off; info if not given", logging, level},
    {"log_file", "FILE", "", "append log lines to FILE", logging, path<&o::log_file>},
    {"control", "FILE", "", "path of the control socket", logging, path<&o::control>},

    ignored_option("defaults"),
    ignored_option("auto"),
    ignored_option("noauto"),
    ignored_option("nouser"),
    ignored_option("nousers"),
    ignored_option("noowner"),
    ignored_option("nogroup"),
    ignored_option("nofail"),
    ignored_option("_netdev"),
    ignored_option("noatime"),
    ignored_option("relatime"),
    ignored_option("norelatime"),
    ignored_option("atime"),
    ignored_option("strictatime"),
    ignored_option("nostrictatime"),
    ignored_option("diratime"),
    ignored_option("nodiratime"),
    ignored_option("lazytime"),
    ignored_option("nolazytime"),
    ignored_option("sync"),
    ignored_option("async"),
    ignored_option("dirsync"),
};

}  // namespace

std::span<const option_spec> mount_option_table() {
  return table;
}

mount_options::mount_options() {
  for (const auto& spec : table) {
    if (spec.default_text.empty()) continue;
    if (const auto why = spec.apply(*this, spec.default_text); !why.empty()) {
      throw std::logic_error(fmt::format("default of option {}: {}", spec.name, why));
    }
  }
}

}  // namespace hdfsmount::config
