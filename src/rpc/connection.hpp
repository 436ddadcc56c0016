#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "async/one_shot.hpp"
#include "base/metrics.hpp"
#include "net/tcp.hpp"
#include "rpc/frame_reader.hpp"
#include "rpc/handshake_machine.hpp"
#include "rpc/options.hpp"
#include "rpc/reply.hpp"

namespace hdfsmount::rpc {

/// What a connection uses of its surroundings; all references outlive its tasks.
struct connection_environment {
  connection_environment(async::executor where_, net::connector& connector_, options settings_, logger& log_,
                         metrics& numbers);

  async::executor where;
  net::connector& connector;
  options settings;
  logger& log;
  counter& connections;  ///< gauge: open right now
  counter& connects;
  counter& bytes_sent;
  counter& bytes_received;
};

/// One connection to one server as one user, for any number of calls at a time. It has its own strand: one task
/// connects and then writes, another reads; requests that come while a write is under way leave together in the next
/// one. Calls enter from any thread. Once it is closed, for whatever reason, it stays closed; the owner makes a new
/// one.
///
/// A silent peer: calls end at their own deadlines; the connection on which a call timed out without any byte having
/// arrived since is retired (no new calls), so that the next call finds out whether a new connection can be made.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(connection_environment env, connection_identity who);

  /// The first call makes it connect. Sends the frame of call `call_id` and waits for its reply until `deadline`. No
  /// result: the connection takes no calls any more and nothing was sent. Errors as client::call().
  async::task<std::optional<result<reply>>> call(std::int32_t call_id, std::string frame, steady_time deadline);

  /// Whether call() will be accepted, as far as one can know.
  bool usable() const;
  /// Why the connection is closed; meaningful once usable() is false.
  error closing_error() const;
  /// Fails all calls with `why`. Returns at once.
  void close(error why);

 private:
  using answer = async::one_shot<reply>;
  struct pending_call {
    std::shared_ptr<answer> reply_to;
    steady_time since;
  };
  struct queued_frame {
    std::int32_t call_id;
    std::string bytes;
  };
  struct next_write {
    std::string bytes;
    async::notifier::ticket_ptr ticket;  // when there is nothing to write
    steady_time wake_at;
  };

  void start();
  static async::task<void> run(std::shared_ptr<connection> self);
  static async::task<void> read_loop(std::shared_ptr<connection> self);
  async::task<result<void>> open(steady_time deadline);
  async::task<result<void>> shake_hands(steady_time deadline);
  async::task<error> write_loop();
  async::task<error> last_words(const async::executor& here, error why);
  result<next_write> plan_write(const async::executor& here);
  std::string take_outbox();
  result<void> deliver(const frame& bytes);
  void abandon(std::int32_t call_id, const error& why);
  void finish(error why);

  const connection_environment env_;
  const connection_identity who_;
  const async::executor strand_;
  async::running_task main_;  // strand only, as the three below
  async::running_task reader_;
  net::stream_ptr stream_;
  std::shared_ptr<const remote_exception> refusal_;  // what the server said against the connection as a whole

  mutable std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::unordered_map<std::int32_t, pending_call> pending_;
  std::deque<queued_frame> outbox_;
  steady_time last_used_;  // last call that began or ended
  steady_time last_received_;
  steady_time last_sent_;
  bool started_ = false;
  bool retired_ = false;
  bool closed_ = false;
  bool counted_ = false;
  error closing_error_;
  async::notifier wake_writer_;
};

}  // namespace hdfsmount::rpc
