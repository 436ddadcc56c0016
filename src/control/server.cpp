#include "control/server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <map>
#include <mutex>

#include "async/sleep.hpp"
#include "control/unix_socket.hpp"
#include "net/with_deadline.hpp"

namespace hdfsmount::control {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using protocol = asio::local::stream_protocol;
using socket_ptr = std::shared_ptr<protocol::socket>;

constexpr seconds exchange_time{10};
constexpr std::size_t max_connections = 16;

/// The last directory of the way, where it is missing.
result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return system_failure(path);
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return system_failure(path);
  const bool owner_is_trusted = found.st_uid == ::geteuid() || found.st_uid == 0;
  const bool others_may_replace = (found.st_mode & 022) != 0 && (found.st_mode & S_ISVTX) == 0;
  if (!S_ISDIR(found.st_mode) || !owner_is_trusted || others_may_replace)
    return error(errc::invalid_name, path + " is not a directory where only this user can replace files");
  return {};
}

bool is_served(const std::string& path) {
  const auto probe = connect_unix(path);
  if (!probe) return probe.error().code() == boost::system::errc::resource_unavailable_try_again;
  ::close(*probe);
  return true;
}

bool peer_is_allowed(protocol::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

async::task<result<std::string>> read_line(protocol::socket& socket, steady_time deadline) {
  std::string line;
  std::array<char, 4096> chunk;
  while (line.size() <= max_request_size) {
    boost::system::error_code failure;
    const auto count = socket.read_some(asio::buffer(chunk), failure);
    if (failure == asio::error::would_block) {
      auto start = [&](auto token) { return socket.async_wait(protocol::socket::wait_read, std::move(token)); };
      if (auto ready = co_await net::with_deadline(deadline, start, errc::connection_lost); !ready)
        co_return ready.error();
      continue;
    }
    if (failure) co_return error(errc::connection_lost);
    line.append(chunk.data(), count);
    if (const auto end = line.find('\n'); end != std::string::npos) co_return line.substr(0, end);
  }
  co_return error(errc::limit_exceeded, "request too long");
}

async::task<result<void>> write_line(protocol::socket& socket, std::string line, steady_time deadline) {
  line.push_back('\n');
  std::size_t sent = 0;
  while (sent < line.size()) {
    const auto count = ::send(socket.native_handle(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return error(errc::connection_lost);
    auto start = [&](auto token) { return socket.async_wait(protocol::socket::wait_write, std::move(token)); };
    if (auto ready = co_await net::with_deadline(deadline, start, errc::connection_lost); !ready)
      co_return ready.error();
  }
  co_return result<void>();
}

}  // namespace

struct server::state : std::enable_shared_from_this<server::state> {
  state(async::executor where_, logger& log_) : where(std::move(where_)), log(log_), acceptor(where) {}

  std::string answer(const std::string& line) const;
  async::task<void> accept_all();
  async::task<void> exchange(socket_ptr socket);
  void start_exchange(const socket_ptr& socket);

  async::executor where;
  logger& log;
  std::map<std::string, handler> handlers;  // constant from listen() on
  protocol::acceptor acceptor;              // after listen() used on the accepting task's strand only
  std::string path;                         // empty: nothing to remove
  ino_t inode = 0;                          // of `path`, so that a successor's socket is never removed
  async::running_task accepting;
  std::uint64_t last_exchange = 0;  // used by the accepting task only

  std::mutex mutex;  // guards the two below; leaf but for running_task::cancel(), which only posts
  std::map<std::uint64_t, async::running_task> exchanges;
  bool stopped = false;
};

std::string server::state::answer(const std::string& line) const {
  const auto refuse = [](std::string_view text) {
    return json::serialize(json::object{{"ok", false}, {"error", std::string(text)}});
  };
  boost::system::error_code failure;
  const auto request = json::parse(line, failure);
  if (failure || !request.is_object()) return refuse("the request is not a JSON object");
  const auto* command = request.as_object().if_contains("command");
  if (command == nullptr || !command->is_string()) return refuse("the request names no command");
  const auto found = handlers.find(std::string(command->as_string()));
  if (found == handlers.end()) return refuse("unknown command");
  const auto outcome = found->second(request.as_object());
  if (!outcome) return refuse(outcome.error().to_string());
  return json::serialize(json::object{{"ok", true}, {"result", *outcome}});
}

async::task<void> server::state::exchange(socket_ptr socket) {
  const auto deadline = std::chrono::steady_clock::now() + exchange_time;
  boost::system::error_code failure;
  socket->non_blocking(true, failure);
  if (failure || !peer_is_allowed(*socket)) {
    log.warning("control socket: a peer of another user was turned away");
    co_return;
  }
  const auto line = co_await read_line(*socket, deadline);
  if (!line && line.error().code() != make_error_code(errc::limit_exceeded)) co_return;
  auto text = line ? answer(*line) : R"({"ok":false,"error":"the request is too long"})";
  if (auto sent = co_await write_line(*socket, std::move(text), deadline); !sent)
    log.debug("control socket: answer not delivered: {}", sent.error().to_string());
}

/// Beyond the limit the connection is closed at once.
void server::state::start_exchange(const socket_ptr& socket) {
  const std::lock_guard lock(mutex);
  if (stopped || exchanges.size() >= max_connections) return;
  const auto number = ++last_exchange;
  auto& slot = exchanges[number];
  slot = async::spawn(where, log, exchange(socket), [self = shared_from_this(), number] {
    const std::lock_guard ending(self->mutex);
    self->exchanges.erase(number);
  });
}

async::task<void> server::state::accept_all() {
  while (!co_await async::is_cancelled()) {
    const auto socket = std::make_shared<protocol::socket>(where);
    const auto [failure] = co_await acceptor.async_accept(*socket, async::as_result);
    if (co_await async::is_cancelled()) break;
    if (failure) {
      log.warning("control socket: accept: {}", failure.message());
      co_await async::sleep_until(std::chrono::steady_clock::now() + milliseconds(100));
      continue;
    }
    start_exchange(socket);
  }
  boost::system::error_code ignored;  // a socket that cannot be closed is closed all the same
  acceptor.close(ignored);
}

namespace {

/// Takes away a socket that nobody serves; anything else stays and is an error.
result<void> remove_stale_socket(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return error(errc::invalid_name, path + " exists and is not a socket");
  ::unlink(path.c_str());
  return {};
}

}  // namespace

server::server(async::executor where, logger& log) : state_(std::make_shared<state>(std::move(where), log)) {}
server::~server() {
  stop();
}

void server::on(std::string command, handler answer) {
  state_->handlers[std::move(command)] = std::move(answer);
}

result<void> server::listen(const std::string& path) {
  if (auto made = make_directory(path.substr(0, path.rfind('/'))); !made) return made;
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return error(errc::invalid_name, path + ": too long for the path of a UNIX socket");
  if (is_served(path)) return error(errc::limit_exceeded, path + " is served by another process");
  if (auto free = remove_stale_socket(path); !free) return free;
  boost::system::error_code failure;
  auto& acceptor = state_->acceptor;
  acceptor.open(protocol(), failure);
  if (!failure) acceptor.bind(protocol::endpoint(path), failure);
  if (failure) return error(failure, path);
  // Nobody can connect before listen(), so nobody does while the mode is still the umask's.
  struct stat made {};
  const auto ready = ::chmod(path.c_str(), 0600) == 0 && ::lstat(path.c_str(), &made) == 0 &&
                     ::listen(acceptor.native_handle(), static_cast<int>(max_connections)) == 0;
  if (!ready) {
    const auto why = system_failure(path);
    ::unlink(path.c_str());
    return why;
  }
  state_->path = path;
  state_->inode = made.st_ino;
  state_->accepting = async::spawn(state_->where, state_->log, state_->accept_all(), [keep = state_] {});
  return {};
}

void server::stop() noexcept {
  if (state_->path.empty()) return;
  state_->accepting.cancel();
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
    for (const auto& [number, running] : state_->exchanges) running.cancel();
  }
  struct stat found {};
  if (::lstat(state_->path.c_str(), &found) == 0 && found.st_ino == state_->inode) ::unlink(state_->path.c_str());
  state_->path.clear();
}

}  // namespace hdfsmount::control
