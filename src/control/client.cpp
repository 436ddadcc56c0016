#include "control/client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>

#include "control/server.hpp"
#include "control/unix_socket.hpp"

namespace hdfsmount::control {
namespace {

namespace json = boost::json;

/// Closes the descriptor at the end of the exchange.
class connection {
 public:
  connection(int fd, steady_time deadline) : fd_(fd), deadline_(deadline) {}
  ~connection() { ::close(fd_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  result<void> send(std::string_view text) {
    while (!text.empty()) {
      const auto count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count > 0) {
        text.remove_prefix(static_cast<std::size_t>(count));
      } else if (auto again = after_failure(POLLOUT); !again) {
        return again;
      }
    }
    return {};
  }

  result<std::string> receive_line() {
    std::string line;
    std::array<char, 16384> chunk;
    while (line.size() < max_answer_size) {
      const auto count = ::recv(fd_, chunk.data(), chunk.size(), 0);
      if (count == 0) return error(errc::connection_lost, "the daemon closed the connection without an answer");
      if (count < 0) {
        if (auto again = after_failure(POLLIN); !again) return again.error();
        continue;
      }
      line.append(chunk.data(), static_cast<std::size_t>(count));
      if (line.back() == '\n') return line;
    }
    return error(errc::limit_exceeded, "answer too long");
  }

 private:
  result<void> after_failure(short events) {
    if (errno == EINTR) return {};
    if (errno != EAGAIN) return system_failure("control socket");
    const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - std::chrono::steady_clock::now());
    pollfd wait{fd_, events, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) == 0)
      return error(errc::timed_out, "the daemon does not answer");
    return {};
  }

  int fd_;
  steady_time deadline_;
};

}  // namespace

result<json::value> ask(const std::string& path, const json::object& request, milliseconds patience) {
  const auto fd = connect_unix(path);
  if (!fd) return fd.error();
  connection daemon(*fd, std::chrono::steady_clock::now() + patience);
  if (auto sent = daemon.send(json::serialize(request) + "\n"); !sent) return sent.error();
  const auto line = daemon.receive_line();
  if (!line) return line.error();
  boost::system::error_code failure;
  const auto answer = json::parse(*line, failure);
  if (failure || !answer.is_object()) return error(errc::protocol_error, "the answer is not a JSON object");
  const auto& fields = answer.as_object();
  const auto* ok = fields.if_contains("ok");
  const auto* value = fields.if_contains("result");
  if (ok != nullptr && ok->is_bool() && ok->as_bool() && value != nullptr) return *value;
  const auto* text = fields.if_contains("error");
  if (text == nullptr || !text->is_string())
    return error(errc::protocol_error, "the answer has neither result nor error");
  return error(errc::unsupported, std::string(text->as_string()));
}

}  // namespace hdfsmount::control
