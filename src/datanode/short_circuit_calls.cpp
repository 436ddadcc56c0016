#include "datanode/short_circuit_calls.hpp"

#include <array>

#include "wire/data_transfer.hpp"
#include "wire/short_circuit.hpp"

namespace hdfsmount::datanode {
namespace {

constexpr std::size_t usual_answer = 512;

/// One exchange on one connection; every wait is bounded by the limits.
class conversation {
 public:
  conversation(net::stream& with, const patience_limits& limits) : stream_(with), limits_(limits) {}

  async::task<result<void>> say(std::string bytes) {
    co_return co_await net::write_all(stream_, std::as_bytes(std::span(bytes)), end_of_patience());
  }

  /// The next delimited message, valid until the next call.
  async::task<result<byte_span>> message() {
    for (;;) {
      cursor in(unread());
      const auto length = in.varint32();
      if (length && *length > wire::max_op_response)
        co_return error(errc::limit_exceeded, "DataNode's answer too long");
      if (!length && unread().size() >= longest_length) co_return error(errc::protocol_error, "no length");
      if (const auto body = length ? in.take(*length) : std::nullopt) {
        begin_ = end_ - in.remaining();
        co_return *body;
      }
      if (auto more = co_await receive(); !more) co_return more.error();
    }
  }

  async::task<result<std::byte>> byte() {
    while (unread().empty()) {
      if (auto more = co_await receive(); !more) co_return more.error();
    }
    co_return buffer_[begin_++];
  }

  net::descriptor take_descriptor() { return stream_.take_descriptor(); }

 private:
  static constexpr std::size_t longest_length = 5;

  byte_span unread() const noexcept { return byte_span(buffer_).subspan(begin_, end_ - begin_); }
  steady_time end_of_patience() const {
    return std::min(limits_.deadline, std::chrono::steady_clock::now() + limits_.silence);
  }

  async::task<result<void>> receive() {
    if (buffer_.size() - end_ < usual_answer) buffer_.resize(end_ + usual_answer);
    const auto space = net::mutable_byte_span(buffer_).subspan(end_);
    const auto count = co_await net::read_some(stream_, space, end_of_patience());
    if (!count) co_return count.error();
    end_ += *count;
    co_return result<void>();
  }

  net::stream& stream_;
  const patience_limits& limits_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

async::task<result<passed_files>> ask_for_files(net::stream& stream, std::string request, patience_limits limits) {
  conversation talk(stream, limits);
  if (auto said = co_await talk.say(std::move(request)); !said) co_return said.error();
  const auto answer = co_await talk.message();
  if (!answer) co_return answer.error();
  const auto decoded = wire::decode_block_op_response(*answer);
  if (!decoded) co_return decoded.error();
  if (auto ok = wire::check_status(*decoded); !ok) co_return ok.error();
  const auto kind = co_await talk.byte();
  if (!kind) co_return kind.error();
  net::descriptor data = talk.take_descriptor();
  net::descriptor checksums = talk.take_descriptor();
  if (!data || !checksums) co_return error(errc::protocol_error, "no open files came with the DataNode's answer");
  if (*kind == wire::receipt_wanted) {
    if (auto said = co_await talk.say(std::string(1, '\0')); !said) co_return said.error();
  }
  co_return passed_files(std::move(data), std::move(checksums));
}

async::task<result<std::shared_ptr<shared_segment>>> ask_for_segment(net::stream& stream, std::string request,
                                                                     patience_limits limits) {
  conversation talk(stream, limits);
  if (auto said = co_await talk.say(std::move(request)); !said) co_return said.error();
  const auto answer = co_await talk.message();
  if (!answer) co_return answer.error();
  const auto id = wire::decode_segment_response(*answer);
  if (!id) co_return id.error();
  if (auto mark = co_await talk.byte(); !mark) co_return mark.error();
  const net::descriptor file = talk.take_descriptor();
  if (!file) co_return error(errc::protocol_error, "no shared memory came with the DataNode's answer");
  co_return shared_segment::map(*id, file);
}

/// All requests at once, then all answers: the DataNode serves them in order.
async::task<result<void>> give_slots_back(net::stream& stream, const std::vector<wire::slot_id>& slots,
                                          patience_limits limits) {
  conversation talk(stream, limits);
  std::string requests;
  for (const auto& slot : slots) requests += wire::encode_release_slot(slot);
  if (auto said = co_await talk.say(std::move(requests)); !said) co_return said.error();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto answer = co_await talk.message();
    if (!answer) co_return answer.error();
    const auto released = wire::decode_release_response(*answer);
    if (!released && released.error().code().category() != datanode_category()) co_return released.error();
  }
  co_return result<void>();
}

bool was_closed_while_idle(const connection_pool::lease& lease, const error& failure) {
  return lease.reused && failure == make_error_code(errc::connection_lost);
}

/// Whether the connection can be used again after this failure: the DataNode has said its last word.
bool is_refusal(const error& failure) {
  return failure.code().category() == datanode_category();
}

steady_time patience_to_connect(const patience_limits& limits) {
  return std::min(limits.deadline, std::chrono::steady_clock::now() + limits.silence);
}

}  // namespace

async::task<result<passed_files>> request_files(connection_pool& pool, net::host_port peer, wire::extended_block block,
                                                wire::token access_token, std::optional<wire::slot_id> slot,
                                                patience_limits limits) {
  const auto request = wire::encode_request_files(block, access_token, slot);
  for (bool fresh = false;; fresh = true) {
    auto lease = co_await pool.acquire(peer, fresh, patience_to_connect(limits));
    if (!lease) co_return lease.error();
    auto files = co_await ask_for_files(*lease->stream, request, limits);
    if (files || is_refusal(files.error())) {
      pool.give_back(peer, std::move(lease->stream));
      co_return files;
    }
    if (!was_closed_while_idle(*lease, files.error())) co_return files.error();
  }
}

async::task<result<passed_segment>> request_segment(connection_pool& pool, net::host_port peer, std::string client_name,
                                                    patience_limits limits) {
  auto lease = co_await pool.acquire(peer, true, patience_to_connect(limits));
  if (!lease) co_return lease.error();
  auto segment = co_await ask_for_segment(*lease->stream, wire::encode_request_segment(client_name), limits);
  if (!segment) co_return segment.error();
  co_return passed_segment(std::move(*segment), std::move(lease->stream));
}

async::task<result<void>> release_slots(connection_pool& pool, net::host_port peer, std::vector<wire::slot_id> slots,
                                        patience_limits limits) {
  for (bool fresh = false;; fresh = true) {
    auto lease = co_await pool.acquire(peer, fresh, patience_to_connect(limits));
    if (!lease) co_return lease.error();
    const auto released = co_await give_slots_back(*lease->stream, slots, limits);
    if (released) {
      pool.give_back(peer, std::move(lease->stream));
      co_return released;
    }
    if (!was_closed_while_idle(*lease, released.error())) co_return released.error();
  }
}

}  // namespace hdfsmount::datanode
