#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <memory>
#include <string>

#include "async/task.hpp"

/// The daemon's control socket: a UNIX stream socket, mode 0600, on which hdfsctl asks one question and gets one
/// answer, each a JSON object on one line. Request: {"command": NAME, ...}. Answer: {"ok": true, "result": ...} or
/// {"ok": false, "error": TEXT}. Everything is bounded (request size, connections, time), so a client that hangs costs
/// a file descriptor for a few seconds and the mount nothing.
namespace hdfsmount::control {

/// Largest request and, for clients, largest answer, in bytes.
inline constexpr std::size_t max_request_size = 64 * 1024;
inline constexpr std::size_t max_answer_size = 16 * 1024 * 1024;

class server {
 public:
  /// Answers one command from its request; runs on an I/O thread, so it must not block. An error's text goes to the
  /// client.
  using handler = std::function<result<boost::json::value>(const boost::json::object& request)>;

  server(async::executor where, logger& log);
  /// As stop().
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// To be called before listen().
  void on(std::string command, handler answer);
  /// Makes the directory (mode 0700), where it is missing, and the socket. A socket nobody serves is replaced; one that
  /// is served is an error. Peers of another uid than this process's or root are turned away.
  result<void> listen(const std::string& path);
  /// Removes the socket, takes no more connections and cancels the exchanges in progress.
  void stop() noexcept;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace hdfsmount::control
