#include "rpc/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include "rpc/errors.hpp"
#include "rpc/protected_stream.hpp"

namespace hdfsmount::rpc {
namespace {

constexpr std::size_t largest_batch = 256 * 1024;
constexpr seconds write_timeout(60);
constexpr seconds last_words_timeout(1);

steady_time now() {
  return std::chrono::steady_clock::now();
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

connection_environment::connection_environment(async::executor where_, net::connector& connector_, options settings_,
                                               logger& log_, metrics& numbers)
    : where(std::move(where_)),
      connector(connector_),
      settings(std::move(settings_)),
      log(log_),
      connections(numbers.get("rpc_connections")),
      connects(numbers.get("rpc_connects")),
      bytes_sent(numbers.get("rpc_bytes_sent")),
      bytes_received(numbers.get("rpc_bytes_received")) {}

connection::connection(connection_environment env, connection_identity who)
    : env_(std::move(env)),
      who_(std::move(who)),
      strand_(async::asio::make_strand(env_.where)),
      last_used_(now()),
      last_received_(last_used_),
      last_sent_(last_used_) {}

/// On the strand, so that close() finds either no task or the whole of it.
void connection::start() {
  async::asio::post(strand_, [self = shared_from_this()] {
    if (self->usable()) self->main_ = async::spawn(self->strand_, self->env_.log, run(self));
  });
}

bool connection::usable() const {
  const std::lock_guard lock(mutex_);
  return !closed_ && !retired_;
}

error connection::closing_error() const {
  const std::lock_guard lock(mutex_);
  return closing_error_;
}

async::task<std::optional<result<reply>>> connection::call(std::int32_t call_id, std::string frame,
                                                           steady_time deadline) {
  const auto reply_to = std::make_shared<answer>();
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || retired_) co_return std::nullopt;
    last_used_ = now();
    if (!pending_.try_emplace(call_id, pending_call{reply_to, last_used_}).second)
      co_return result<reply>(error(errc::protocol_error, "a call id is used twice at a time"));
    outbox_.push_back({call_id, std::move(frame)});
    first = !std::exchange(started_, true);
  }
  if (first) {
    start();
  } else {
    wake_writer_.notify_all();
  }
  auto outcome = co_await reply_to->wait(deadline);
  if (!outcome) abandon(call_id, outcome.error());
  co_return outcome;
}

/// Forgets a call that nobody waits for any more; nothing to do when it ended with the connection.
void connection::abandon(std::int32_t call_id, const error& why) {
  {
    const std::lock_guard lock(mutex_);
    const auto it = pending_.find(call_id);
    if (it == pending_.end()) return;
    if (why == make_error_code(errc::timed_out) && last_received_ < it->second.since) retired_ = true;
    pending_.erase(it);
    last_used_ = now();
    if (!retired_) return;
  }
  wake_writer_.notify_all();
}

void connection::close(error why) {
  async::asio::post(strand_, [self = shared_from_this(), why = std::move(why)] {
    self->finish(why);
    self->main_.cancel();
    self->reader_.cancel();
  });
}

/// Ends everything that waits for this connection; on the strand.
void connection::finish(error why) {
  std::unordered_map<std::int32_t, pending_call> orphans;
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) closing_error_ = why;
    closed_ = true;
    orphans.swap(pending_);
    outbox_.clear();
    if (std::exchange(counted_, false)) env_.connections.subtract();
  }
  if (stream_) stream_->close();
  wake_writer_.notify_all();
  if (!orphans.empty()) env_.log.debug("{} calls to {} end: {}", orphans.size(), who_.server, why.to_string());
  for (auto& [id, call] : orphans) {
    if (refusal_) {
      reply refused;
      refused.exception = refusal_;
      call.reply_to->set(std::move(refused));
    } else {
      call.reply_to->set(why);
    }
  }
}

async::task<void> connection::run(std::shared_ptr<connection> self) {
  const auto opened = co_await self->open(now() + self->env_.settings.connect_timeout);
  if (!opened) {
    self->finish(opened.error());
    co_return;
  }
  self->reader_ = async::spawn(self->strand_, self->env_.log, read_loop(self));
  auto why = co_await self->write_loop();
  self->finish(std::move(why));
}

/// A connect that took too long is a failure to connect: no call has timed out by it.
async::task<result<void>> connection::open(steady_time deadline) {
  auto connected = co_await env_.connector.connect(who_.address, deadline);
  if (!connected) {
    if (!(connected.error() == make_error_code(errc::timed_out))) co_return connected.error();
    co_return error(errc::connect_failed, who_.server + ": no answer");
  }
  stream_ = std::move(*connected);
  auto ready = co_await shake_hands(deadline);
  if (!ready) {
    if (!(ready.error() == make_error_code(errc::timed_out))) co_return ready.error();
    co_return error(errc::connect_failed, who_.server + ": no answer during the handshake");
  }
  const std::lock_guard lock(mutex_);
  if (closed_) co_return closing_error_;
  env_.connects.add();
  env_.connections.add();
  counted_ = true;
  co_return result<void>();
}

async::task<result<void>> connection::shake_hands(steady_time deadline) {
  handshake_machine machine(who_, env_.settings.methods, env_.settings.negotiate);
  std::vector<std::byte> received;
  for (auto next = machine.start();; next = machine.resume(received)) {
    if (!next) {
      refusal_ = machine.refusal();
      co_return next.error();
    }
    if (*next == handshake_machine::step::done) break;
    result<void> moved;
    if (*next == handshake_machine::step::write) {
      received.clear();
      moved = co_await net::write_all(*stream_, std::as_bytes(std::span(machine.output())), deadline);
    } else {
      received.resize(machine.wanted());
      moved = co_await net::read_exactly(*stream_, net::mutable_byte_span(received), deadline);
    }
    if (!moved) co_return moved.error().with_context(who_.server);
    if (received.empty()) env_.bytes_sent.add(static_cast<std::int64_t>(machine.output().size()));
    env_.bytes_received.add(static_cast<std::int64_t>(received.size()));
  }
  if (auto protection = machine.take_mechanism())
    stream_ = std::make_unique<protected_stream>(std::move(stream_), std::move(protection), env_.settings.max_response);
  co_return result<void>();
}

async::task<error> connection::write_loop() {
  const auto here = co_await async::asio::this_coro::executor;
  for (;;) {
    auto next = plan_write(here);
    if (!next) co_return next.error();
    if (next->ticket) {
      const auto woken = co_await wake_writer_.wait(std::move(next->ticket), next->wake_at);
      if (!woken && woken.error() == make_error_code(errc::cancelled)) co_return error(errc::shutting_down);
      continue;
    }
    const auto written =
        co_await net::write_all(*stream_, std::as_bytes(std::span(next->bytes)), now() + write_timeout);
    if (!written) co_return co_await last_words(here, written.error());
    env_.bytes_sent.add(static_cast<std::int64_t>(next->bytes.size()));
  }
}

/// After a failed write: the server may have said why before it hung up, so the reader gets a moment to find that.
async::task<error> connection::last_words(const async::executor& here, error why) {
  if (why == make_error_code(errc::cancelled)) co_return error(errc::shutting_down);
  const auto patience = now() + last_words_timeout;
  while (why == make_error_code(errc::connection_lost)) {
    async::notifier::ticket_ptr ticket;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) co_return closing_error_;
      ticket = wake_writer_.ticket(here);
    }
    const auto woken = co_await wake_writer_.wait(std::move(ticket), patience);
    if (!woken) break;
  }
  co_return error(errc::connection_lost, who_.server + ": " + why.to_string());
}

/// What the writer does next: write (requests, or a ping on a silent connection), wait, or, as an error, end.
result<connection::next_write> connection::plan_write(const async::executor& here) {
  const auto& settings = env_.settings;
  const auto time = now();
  next_write plan;
  const std::lock_guard lock(mutex_);
  if (closed_) return closing_error_;
  plan.bytes = take_outbox();
  const auto quiet_since = std::max(last_received_, last_sent_);
  if (!plan.bytes.empty()) {
    last_sent_ = time;
  } else if (pending_.empty()) {
    plan.wake_at = last_used_ + settings.max_idle;
    if (retired_ || plan.wake_at <= time) {
      closed_ = true;
      closing_error_ = error(errc::connection_lost, who_.server + ": closed when idle");
      return closing_error_;
    }
  } else if (settings.ping_interval > milliseconds(0) && quiet_since + settings.ping_interval <= time) {
    plan.bytes = wire::encode_ping(who_.client);
    last_sent_ = time;
  } else {
    plan.wake_at = time + settings.max_idle;
    if (settings.ping_interval > milliseconds(0))
      plan.wake_at = std::min(plan.wake_at, quiet_since + settings.ping_interval);
  }
  if (plan.bytes.empty()) plan.ticket = wake_writer_.ticket(here);
  return plan;
}

/// The queued requests that are still wanted, as many as make a good write.
std::string connection::take_outbox() {
  std::string batch;
  while (!outbox_.empty() && batch.size() < largest_batch) {
    if (pending_.contains(outbox_.front().call_id)) batch += outbox_.front().bytes;
    outbox_.pop_front();
  }
  return batch;
}

async::task<void> connection::read_loop(std::shared_ptr<connection> self) {
  frame_reader reader(*self->stream_, self->env_.settings.max_response, self->env_.bytes_received);
  for (;;) {
    const auto bytes = co_await reader.next();
    result<void> outcome;
    if (!bytes) {
      outcome = bytes.error().with_context(self->who_.server);
    } else {
      outcome = self->deliver(*bytes);
    }
    if (!outcome && (!bytes || is_fatal(outcome.error()))) {
      self->finish(outcome.error());
      co_return;
    }
  }
}

/// Hands a response to its call. Replies to calls that were given up, and to nobody, are dropped. An error means the
/// end of the connection.
result<void> connection::deliver(const frame& bytes) {
  auto response = wire::decode_response(bytes.span());
  if (!response) return response.error().with_context(who_.server);
  auto& header = response->header;
  const bool fatal = header.status == wire::rpc_status::fatal;
  reply out;
  out.state_id = header.state_id;
  error closing(errc::connection_lost,
                fmt::format("{} ended the connection: {}", who_.server, first_line(header.message)));
  if (header.status == wire::rpc_status::success) {
    out.owner = bytes.bytes;
    out.payload = response->payload;
  } else {
    out.exception = std::make_shared<remote_exception>(std::move(header.exception_class), std::move(header.message),
                                                       header.error_detail, fatal);
  }
  std::shared_ptr<answer> reply_to;
  {
    const std::lock_guard lock(mutex_);
    last_received_ = now();
    if (auto call = pending_.extract(header.call_id)) {
      reply_to = std::move(call.mapped().reply_to);
      last_used_ = last_received_;
    }
  }
  if (fatal && header.call_id < 0) refusal_ = out.exception;
  if (!reply_to) env_.log.debug("{} answers call {}, which nobody waits for", who_.server, header.call_id);
  if (reply_to) reply_to->set(std::move(out));
  if (fatal) return closing;
  return {};
}

}  // namespace hdfsmount::rpc
