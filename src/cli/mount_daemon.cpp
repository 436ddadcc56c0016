#include "cli/mount_daemon.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "cli/io_threads.hpp"
#include "cli/layer_options.hpp"
#include "cli/start_failure.hpp"
#include "cli/startup_error.hpp"
#include "cli/status_report.hpp"
#include "control/server.hpp"
#include "control/socket_path.hpp"
#include "fs/file_system.hpp"
#include "fs/identity_mapper.hpp"
#include "fuse/session.hpp"
#include "hdfs/hdfs_client.hpp"

namespace hdfsmount::cli {
namespace {

/// Four requests of the largest size in flight for one sequential reader.
constexpr unsigned read_ahead_kib = 4096;
constexpr milliseconds shutdown_patience{5'000};
constexpr milliseconds log_patience{2'000};

/// A failing start is told in one line, by whoever started it; what the layers below warn of on the way would say it
/// twice. Debug levels show all the same.
class quiet_start {
 public:
  explicit quiet_start(logger& log) : log_(log), level_(log.level()) {
    if (level_ > log_level::debug) log_.set_level(std::max(level_, log_level::error));
  }
  ~quiet_start() { log_.set_level(level_); }
  quiet_start(const quiet_start&) = delete;
  quiet_start& operator=(const quiet_start&) = delete;

 private:
  logger& log_;
  const log_level level_;
};

}  // namespace

/// Every layer, in the order of construction. The io_context comes first and so goes last.
struct mount_daemon::parts {
  parts(const config::settings& settings_, std::string mount_point_, std::string control_directory_, logger& log_);

  result<void> reach_root();
  void answer_control();
  boost::json::value status();
  result<boost::json::value> set_log_level(const boost::json::object& request);
  void prepare_and_report(const std::function<bool()>& ready, const std::atomic<bool>& ended);
  void take_down();
  void shut_down();

  const config::settings& settings;
  const std::string mount_point;
  const std::string control_directory;
  logger& log;
  const steady_time started = std::chrono::steady_clock::now();
  metrics numbers;
  clock_source clock;
  const hdfs::options hdfs_options;

  io_threads io;
  net::resolver names{clock};
  std::unique_ptr<net::connector> connector;
  rpc::client rpc;
  namenode::proxy proxy;
  namenode::client_protocol namenode;
  datanode::client_datanode_protocol datanode;
  hdfs::hdfs_client hdfs;
  fs::identities identities;
  fs::file_system files;
  fs::identity_mapper users;
  fuse::adapter adapter;
  std::optional<fuse::session> session;
  control::server control;

  bool down = false;  // used by the thread that owns the daemon only

  std::mutex mutex;  // guards the two below; taken before session's
  bool stopping = false;
  async::running_task starting;

  std::string unanswered;  // why the mount never answered; written by the thread that serve() joins
};

mount_daemon::parts::parts(const config::settings& settings_, std::string mount_point_, std::string control_directory_,
                           logger& log_)
    : settings(settings_),
      mount_point(std::move(mount_point_)),
      control_directory(std::move(control_directory_)),
      log(log_),
      hdfs_options(to_hdfs_options(settings)),
      io(std::max(settings.threads, 1U), log),
      connector(net::make_tcp_connector(names)),
      rpc(io.executor(), *connector, to_rpc_options(settings, mount_point), log, numbers),
      proxy(rpc, to_namenode_options(settings), log, numbers),
      namenode(proxy),
      datanode(rpc, numbers),
      hdfs(io.executor(), hdfs_options, namenode, datanode, *connector, log, numbers),
      identities(fs::system_name_service(), clock, to_identity_options(settings)),
      files(hdfs, identities, clock, log, numbers, to_fs_options(settings)),
      users(hdfs_user(settings.hdfs_user)),
      adapter(files, users, io.executor(), log, numbers, to_adapter_options(settings)),
      control(io.executor(), log) {}

result<void> mount_daemon::parts::reach_root() {
  const quiet_start quiet(log);
  const call_context context(users.self(), std::chrono::steady_clock::now() + settings.options.timeout);
  const auto remember = [this](async::running_task task) {
    const std::lock_guard lock(mutex);
    starting = std::move(task);
    if (stopping) starting.cancel();
  };
  // First a question that gives up at the first failure; start() would try again until its deadline.
  const auto root =
      io.run(namenode.get_file_info(context, settings.source.path, namenode::patience::fail_fast), remember);
  if (!root) return root.error();
  if (auto reached = io.run(files.start(context), remember); !reached) return reached.error();
  const auto defaults = io.run(hdfs.get_server_defaults(context), remember);
  if (!defaults) return defaults.error();
  return check_supported(*defaults);
}

boost::json::value mount_daemon::parts::status() {
  hdfs.update_gauges();
  numbers.get("log_lines_dropped").set(static_cast<std::int64_t>(log.dropped()));
  status_input input(settings, mount_point);
  input.namenode = proxy.current().to_string();
  input.level = log.level();
  input.uptime = std::chrono::duration_cast<seconds>(std::chrono::steady_clock::now() - started);
  input.files = files.count();
  input.numbers = numbers.snapshot();
  return status_report(input);
}

result<boost::json::value> mount_daemon::parts::set_log_level(const boost::json::object& request) {
  const auto* word = request.if_contains("level");
  const auto level = word != nullptr && word->is_string() ? parse_log_level(word->as_string()) : std::nullopt;
  if (!level) return error(errc::invalid_name, "the levels are trace, debug, info, warning, error and off");
  log.set_level(*level);
  return boost::json::value(std::string(to_string(*level)));
}

void mount_daemon::parts::answer_control() {
  control.on("status", [this](const boost::json::object&) -> result<boost::json::value> { return status(); });
  control.on("log-level", [this](const boost::json::object& request) { return set_log_level(request); });
  const auto& chosen = settings.options.control;
  const auto path = !chosen.empty() ? chosen : control::socket_path(control_directory, mount_point);
  const auto listening = control.listen(path);
  if (listening) return;
  const auto line = fmt::format("no control socket: {}", listening.error().to_string());
  if (!chosen.empty()) throw startup_error(line + "; see -o control=");
  log.warning("{}; hdfsctl will not find this mount", line);
}

/// Runs beside the session, because the mount answers only while that serves. Asking from a thread of its own cannot
/// deadlock: no thread that serves waits for this one.
void mount_daemon::parts::prepare_and_report(const std::function<bool()>& ready, const std::atomic<bool>& ended) {
  auto initialised = adapter.initialised();
  while (initialised.wait_for(milliseconds(50)) != std::future_status::ready) {
    if (!ended) continue;
    unanswered = fmt::format("the kernel did not start to use the mount on {}", mount_point);
    return;
  }
  if (auto raised = fuse::raise_read_ahead(mount_point, read_ahead_kib); !raised)
    log.debug("kernel read-ahead stays at its default: {}", raised.error().to_string());
  struct stat root {};
  if (::stat(mount_point.c_str(), &root) != 0) {
    if (!ended) unanswered = fmt::format("the mount on {} does not answer: {}", mount_point, std::strerror(errno));
    session->stop();
    return;
  }
  log.info("mounted {} on {} as HDFS user {}", settings.source.uri, mount_point, settings.hdfs_user);
  hdfs.start();
  if (!ready()) {
    log.warning("whoever started this mount is gone, giving it up");
    session->stop();
  }
}

/// Answers everything that is still waiting, then takes the mount away.
void mount_daemon::parts::take_down() {
  if (std::exchange(down, true)) return;
  files.shutdown();
  if (!adapter.cancel_requests(shutdown_patience)) log.error("requests did not end after being cancelled");
  if (session) session->unmount();
}

void mount_daemon::parts::shut_down() {
  take_down();
  control.stop();
  rpc.close();
  const auto limit = std::chrono::steady_clock::now() + shutdown_patience;
  while (std::chrono::steady_clock::now() < limit) {
    hdfs.release_idle();  // again and again, because tasks that end give connections back
    if (io.drain(milliseconds(50))) return;
  }
  // Destructors would run under tasks that still use what they destroy. Nothing is mounted, so nothing is lost.
  log.error("tasks did not end after being cancelled, ending the process without them");
  log.flush(log_patience);
  ::_exit(exit_ok);
}

mount_daemon::mount_daemon(const config::settings& settings, std::string mount_point, std::string control_directory,
                           logger& log)
    : parts_(std::make_unique<parts>(settings, std::move(mount_point), std::move(control_directory), log)) {}

mount_daemon::~mount_daemon() {
  parts_->shut_down();
}

void mount_daemon::start() {
  auto& all = *parts_;
  if (const auto reached = all.reach_root(); !reached)
    throw startup_error(explain_start_failure(all.settings.source, all.settings.hdfs_user, reached.error()));
  all.answer_control();
  const std::lock_guard lock(all.mutex);
  if (all.stopping) throw startup_error("interrupted by a signal, nothing is mounted");
  all.session.emplace(all.adapter, to_mount_request(all.settings, all.mount_point), all.log);
  all.session->mount();
}

result<void> mount_daemon::serve(std::function<bool()> ready) {
  auto& all = *parts_;
  std::atomic<bool> ended{false};
  std::thread reporter([&] { all.prepare_and_report(ready, ended); });
  auto outcome = all.session->run();
  ended = true;
  all.take_down();  // also ends a question of the reporter that nobody would answer any more
  reporter.join();
  if (!all.unanswered.empty()) throw startup_error(all.unanswered);
  return outcome;
}

void mount_daemon::stop() {
  auto& all = *parts_;
  const std::lock_guard lock(all.mutex);
  all.stopping = true;
  all.starting.cancel();
  if (all.session) all.session->stop();
}

}  // namespace hdfsmount::cli
