#include "datanode/block_reader.hpp"

#include <algorithm>

namespace hdfsmount::datanode {
namespace {

using state = read_block_machine::state;

/// Bytes to wait for at once in the middle of a run: several packets, so that a task is not woken for each.
constexpr std::size_t wanted_at_once = 256 * 1024;

}  // namespace

block_reader::block_reader(connection_pool& pool, net::host_port peer, const wire::read_block_request& what,
                           milliseconds silence, connection_pool::place place, net::stream_ptr stream)
    : pool_(pool),
      peer_(std::move(peer)),
      silence_(silence),
      place_(std::move(place)),
      machine_(what),
      stream_(std::move(stream)) {}

async::task<result<std::unique_ptr<block_reader>>> block_reader::open(connection_pool& pool, net::host_port peer,
                                                                      wire::read_block_request what,
                                                                      milliseconds silence, steady_time deadline) {
  auto place = co_await pool.enter(peer, std::min(deadline, std::chrono::steady_clock::now() + silence));
  if (!place) co_return place.error();
  for (bool fresh = false;; fresh = true) {
    const auto limit = std::min(deadline, std::chrono::steady_clock::now() + silence);
    auto lease = co_await pool.acquire(peer, fresh, limit);
    if (!lease) co_return lease.error();
    std::unique_ptr<block_reader> reader(
        new block_reader(pool, peer, what, silence, std::move(*place), std::move(lease->stream)));
    const auto started = co_await reader->start(deadline);
    if (started) co_return std::move(reader);
    if (!lease->reused || !(started.error() == make_error_code(errc::connection_lost)))
      co_return started.error().with_context(peer.to_string());
    *place = std::move(reader->place_);
  }
}

async::task<result<void>> block_reader::start(steady_time deadline) {
  if (auto sent = co_await net::write_all(*stream_, machine_.request(), end_of_patience(deadline)); !sent)
    co_return sent.error();
  co_return co_await receive_control(deadline);
}

std::size_t block_reader::at_least() const noexcept {
  return std::min(machine_.still_owed(), wanted_at_once);
}

steady_time block_reader::end_of_patience(steady_time deadline) const {
  return std::min(deadline, std::chrono::steady_clock::now() + silence_);
}

async::task<result<void>> block_reader::receive_control(steady_time deadline) {
  for (;;) {
    if (auto parsed = machine_.advance(); !parsed) co_return parsed.error();
    if (machine_.current() != state::control) co_return result<void>();
    const auto count =
        co_await net::read_some(*stream_, machine_.control_space(), end_of_patience(deadline), at_least());
    if (!count) co_return count.error();
    machine_.control_received(*count);
  }
}

async::task<result<std::size_t>> block_reader::next_packet(steady_time deadline) {
  if (auto received = co_await receive_control(deadline); !received)
    co_return received.error().with_context(peer_.to_string());
  if (machine_.current() == state::data) co_return machine_.packet_length();
  if (stream_) co_await finish(deadline);
  co_return std::size_t{0};
}

async::task<result<void>> block_reader::receive(net::mutable_byte_span into, steady_time deadline) {
  auto step = machine_.set_destination(into);
  while (step && machine_.current() == state::data) {
    const auto count = co_await net::read_some(*stream_, machine_.data_space(), end_of_patience(deadline), at_least());
    if (!count) co_return count.error().with_context(peer_.to_string());
    step = machine_.data_received(*count);
  }
  if (!step) co_return step.error().with_context(peer_.to_string());
  co_return result<void>();
}

/// The bytes are all there, so a failure here costs only the connection.
async::task<result<void>> block_reader::finish(steady_time deadline) {
  auto stream = std::move(stream_);
  auto told = co_await net::write_all(*stream, machine_.status_reply(), end_of_patience(deadline));
  if (told && stream->idle_and_open()) pool_.give_back(peer_, std::move(stream));
  co_return told;
}

}  // namespace hdfsmount::datanode
