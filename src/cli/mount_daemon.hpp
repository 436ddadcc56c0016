#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"

namespace hdfsmount::cli {

/// One mount from its start to its end: builds every layer, asks the NameNode for the root, mounts, serves, takes
/// everything down again. Wiring only.
class mount_daemon {
 public:
  /// `mount_point` is resolved; the control socket is made in `control_directory` unless the settings name one.
  /// References must outlive the daemon. Starts threads.
  mount_daemon(const config::settings& settings, std::string mount_point, std::string control_directory, logger& log);
  /// Unmounts where that was not done. Waits for no server.
  ~mount_daemon();
  mount_daemon(const mount_daemon&) = delete;
  mount_daemon& operator=(const mount_daemon&) = delete;

  /// Asks the NameNode for the root once, then mounts. Throws startup_error with nothing mounted.
  void start();
  /// Serves until the mount is taken away or stop() is called. `ready` is called once, from another thread, when the
  /// mount answers; when it returns false the mount is given up. Throws startup_error when the mount never answered.
  result<void> serve(std::function<bool()> ready);
  /// From any thread, at any time: makes start() throw or serve() return.
  void stop();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace hdfsmount::cli
