#include "support/scripted_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>

#include "async/sleep.hpp"

namespace hdfsmount::testing {
namespace {

std::string in_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

bool fault_plan::fails_now() {
  const auto number = operations++;
  if (number != at) return false;
  hit = true;
  silent = kind == fault_kind::silent;
  return !silent;
}

script& script::insert(step next) {
  if (insert_at_ == never_) {
    steps_.push_back(std::move(next));
  } else {
    steps_.insert(steps_.begin() + static_cast<std::ptrdiff_t>(insert_at_++), std::move(next));
  }
  return *this;
}
script& script::expect(std::string bytes) {
  return insert({step::kind::expect, std::move(bytes), {}});
}
script& script::expect_frame(std::function<void(script&, const std::string&)> check) {
  return insert({step::kind::expect_frame, {}, std::move(check)});
}
script& script::send(std::string bytes) {
  return insert({step::kind::send, std::move(bytes), {}});
}
script& script::close() {
  return insert({step::kind::close, {}, {}});
}

scripted_stream::scripted_stream(async::executor where, script play, delivery how, std::shared_ptr<fault_plan> faults,
                                 std::shared_ptr<script_outcome> outcome)
    : where_(std::move(where)),
      script_(std::move(play)),
      how_(how),
      faults_(std::move(faults)),
      outcome_(std::move(outcome)) {
  advance();
}

scripted_stream::~scripted_stream() {
  outcome_->steps_left = script_.steps_.size();
  outcome_->unread = from_client_;
  outcome_->closed = true;
}

void scripted_stream::mismatch(std::string what) {
  if (outcome_->mismatch.empty()) outcome_->mismatch = std::move(what);
  peer_closed_ = true;
  script_.steps_.clear();
}

bool scripted_stream::take_frame(std::string& body) {
  if (from_client_.size() < 4) return false;
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(from_client_[i]);
  if (from_client_.size() - 4 < length) return false;
  body = from_client_.substr(4, length);
  from_client_.erase(0, 4 + length);
  return true;
}

void scripted_stream::advance() {
  using kind = script::step::kind;
  while (!script_.steps_.empty()) {
    auto& next = script_.steps_.front();
    if (next.what == kind::expect) {
      const auto common = std::min(next.bytes.size(), from_client_.size());
      if (next.bytes.compare(0, common, from_client_, 0, common) != 0)
        return mismatch(fmt::format("expected {} but the client wrote {}", in_hex(next.bytes), in_hex(from_client_)));
      if (common < next.bytes.size()) return;
      from_client_.erase(0, common);
    } else if (next.what == kind::expect_frame) {
      std::string body;
      if (!take_frame(body)) return;
      const auto check = std::move(next.check);
      script_.steps_.pop_front();
      script_.insert_at_ = 0;
      check(script_, body);
      script_.insert_at_ = script::never_;
      continue;
    } else if (next.what == kind::send) {
      to_client_ += next.bytes;
    } else {
      peer_closed_ = true;
    }
    script_.steps_.pop_front();
  }
}

bool scripted_stream::broken() {
  if (faults_->fails_now()) {
    lost_ = true;
    changed_.notify_all();
  }
  return lost_ || closed_;
}

result<std::size_t> scripted_stream::try_read(std::span<const iovec> buffers) {
  if (broken()) return error(errc::connection_lost, peer_);
  if (faults_->silent || (how_.block_first && !std::exchange(read_blocked_, true))) return error(errc::would_block);
  if (to_client_.empty()) {
    read_blocked_ = false;
    return peer_closed_ ? error(errc::connection_lost, "closed by " + peer_) : error(errc::would_block);
  }
  std::size_t moved = 0;
  for (const auto& buffer : buffers) {
    const auto part = std::min({buffer.iov_len, to_client_.size() - moved, how_.chunk - moved});
    std::memcpy(buffer.iov_base, to_client_.data() + moved, part);
    moved += part;
  }
  to_client_.erase(0, moved);
  read_blocked_ = false;
  return moved;
}

result<std::size_t> scripted_stream::try_write(std::span<const iovec> buffers) {
  if (broken() || peer_closed_) return error(errc::connection_lost, peer_);
  if (faults_->silent || (how_.block_first && !std::exchange(write_blocked_, true))) return error(errc::would_block);
  std::size_t moved = 0;
  for (const auto& buffer : buffers) {
    const auto part = std::min(buffer.iov_len, how_.chunk - moved);
    from_client_.append(static_cast<const char*>(buffer.iov_base), part);
    moved += part;
  }
  write_blocked_ = false;
  ++outcome_->writes;
  advance();
  changed_.notify_all();
  return moved;
}

async::task<result<void>> scripted_stream::wait_for(bool readable, steady_time deadline) {
  for (;;) {
    co_await boost::asio::post(where_, boost::asio::use_awaitable);
    if (broken()) co_return error(errc::connection_lost, peer_);
    if (co_await async::is_cancelled()) co_return error(errc::cancelled);
    if (!faults_->silent && (!readable || !to_client_.empty() || peer_closed_)) co_return result<void>();
    auto ticket = changed_.ticket(co_await boost::asio::this_coro::executor);
    if (auto woken = co_await changed_.wait(std::move(ticket), deadline); !woken) co_return woken.error();
  }
}

async::task<result<void>> scripted_stream::wait_readable(steady_time deadline, std::size_t) {
  co_return co_await wait_for(true, deadline);
}
async::task<result<void>> scripted_stream::wait_writable(steady_time deadline) {
  co_return co_await wait_for(false, deadline);
}

void scripted_stream::close() noexcept {
  closed_ = true;
  changed_.notify_all();
}

bool scripted_stream::idle_and_open() noexcept {
  return !closed_ && !lost_ && !peer_closed_ && to_client_.empty();
}

std::shared_ptr<script_outcome> scripted_connector::add(script play, delivery how) {
  auto told = std::make_shared<script_outcome>();
  outcomes_.emplace_back([this, play = std::move(play), how, told]() -> result<net::stream_ptr> {
    return net::stream_ptr(std::make_unique<scripted_stream>(where_, play, how, faults, told));
  });
  return told;
}

void scripted_connector::add_failure(error what) {
  outcomes_.emplace_back([what = std::move(what)]() -> result<net::stream_ptr> { return what; });
}

void scripted_connector::add_silence() {
  outcomes_.emplace_back();
}

async::task<result<net::stream_ptr>> scripted_connector::never(steady_time deadline) {
  const auto slept = co_await async::sleep_until(deadline);
  co_return error(slept ? errc::timed_out : errc::cancelled);
}

async::task<result<net::stream_ptr>> scripted_connector::connect(net::host_port peer, steady_time deadline) {
  attempts.push_back(peer);
  if (faults->fails_now()) co_return error(errc::connect_failed, peer.to_string());
  if (faults->silent) co_return co_await never(deadline);
  if (outcomes_.empty())
    co_return error(errc::connect_failed, peer.to_string() + ": the script has no more connections");
  const auto next = std::move(outcomes_.front());
  outcomes_.pop_front();
  if (!next) co_return co_await never(deadline);
  co_return next();
}

std::string framed(const std::string& bytes) {
  std::string out(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<char>(bytes.size() >> (8 * (3 - i)));
  return out + bytes;
}

}  // namespace hdfsmount::testing
