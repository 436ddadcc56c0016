#include "datanode/read_block_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "wire/checksum.hpp"

namespace hdfsmount::datanode {
namespace {

constexpr std::size_t buffer_capacity = 16 * 1024;
constexpr std::size_t longest_op_response = 1024 * 1024;

error broken(std::string what) {
  return {errc::protocol_error, "DataNode: " + std::move(what)};
}

}  // namespace

read_block_machine::read_block_machine(const wire::read_block_request& what)
    : first_byte_(what.offset),
      end_byte_(what.offset + what.length),
      request_(wire::encode_read_block(what)),
      status_reply_(wire::encode_client_read_status(wire::data_status::checksum_ok)),
      buffer_(buffer_capacity) {}

void read_block_machine::consume(std::size_t count) noexcept {
  buffer_begin_ += count;
  if (buffer_begin_ == buffer_end_) buffer_begin_ = buffer_end_ = 0;
}

void read_block_machine::make_room(std::size_t wanted) {
  if (buffer_begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + buffer_begin_, buffered());
    buffer_end_ -= buffer_begin_;
    buffer_begin_ = 0;
  }
  if (buffer_.size() - buffer_end_ < wanted) buffer_.resize(buffer_end_ + wanted);
}

net::mutable_byte_span read_block_machine::control_space() {
  if (buffer_end_ == buffer_.size()) make_room(1);
  return net::mutable_byte_span(buffer_).subspan(buffer_end_);
}

result<void> read_block_machine::advance() {
  while (state_ == state::control) {
    auto complete = expected_ == expected::op_response ? parse_op_response() : parse_packet_header();
    if (!complete) return complete.error();
    if (!*complete) return {};
  }
  return {};
}

/// Whether the answer to the request was complete.
result<bool> read_block_machine::parse_op_response() {
  cursor in(buffered_bytes());
  const auto length = in.varint32();
  if (!length) {
    if (buffered() >= 5) return broken("malformed length of its answer");
    return false;
  }
  if (*length > longest_op_response) return error(errc::limit_exceeded, "DataNode: answer too long");
  const auto body = in.take(*length);
  if (!body) {
    make_room(*length + 5);
    return false;
  }
  const auto response = wire::decode_block_op_response(*body);
  if (!response) return response.error();
  if (auto accepted = wire::check_status(*response); !accepted) return accepted.error();
  if (!response->read_checksum) return broken("answer without checksum information");
  checksum_ = response->read_checksum->type;
  bytes_per_checksum_ = response->read_checksum->bytes_per_checksum;
  next_offset_ = response->read_checksum->chunk_offset;
  if (next_offset_ > first_byte_ || first_byte_ - next_offset_ >= std::max<std::size_t>(bytes_per_checksum_, 1))
    return broken(fmt::format("data begins at {} instead of {}", next_offset_, first_byte_));
  consume(buffered() - in.remaining());
  expected_ = expected::packet_header;
  return true;
}

/// Whether a packet's header and checksums were complete; then the state is `data` or `finished`.
result<bool> read_block_machine::parse_packet_header() {
  const auto header = wire::decode_packet_header(buffered_bytes());
  if (!header) return header.error();
  if (!*header) return false;
  const auto& packet = **header;
  if (auto valid = check_packet(packet); !valid) return valid.error();
  const auto checksums = packet.checksum_length();
  if (buffered() < packet.encoded_length + checksums) {
    make_room(packet.encoded_length + checksums - buffered());
    return false;
  }
  control_length_ = packet.encoded_length + checksums;
  const auto first = buffered_bytes().subspan(packet.encoded_length, checksums);
  checksums_.assign(first.begin(), first.end());
  consume(control_length_);
  ++next_sequence_;
  packet_offset_ = packet.offset_in_block;
  packet_length_ = packet.data_length;
  next_offset_ += packet_length_;
  filled_ = 0;
  state_ = packet.last_in_block ? state::finished : state::data;
  return true;
}

result<void> read_block_machine::check_packet(const wire::packet_header& packet) const {
  if (packet.offset_in_block != next_offset_ || packet.sequence != next_sequence_)
    return broken(fmt::format("packet {} at {} where {} at {} was due", packet.sequence, packet.offset_in_block,
                              next_sequence_, next_offset_));
  const bool complete = next_offset_ >= end_byte_;
  if (packet.last_in_block != complete || (packet.data_length == 0) != complete)
    return broken(fmt::format("{} bytes at {} of a read that ends at {}", packet.data_length, next_offset_, end_byte_));
  // The end of the chunk that holds the last byte. (BlockSender's endOffset)
  const auto chunk = std::max<std::uint64_t>(bytes_per_checksum_, 1);
  if (next_offset_ + packet.data_length > (end_byte_ + chunk - 1) / chunk * chunk)
    return broken(fmt::format("{} bytes at {} where {} were asked for", packet.data_length, next_offset_,
                              end_byte_ - next_offset_));
  const auto chunks = checksum_ == wire::checksum_kind::null || bytes_per_checksum_ == 0
                          ? 0
                          : (packet.data_length + bytes_per_checksum_ - 1) / bytes_per_checksum_;
  if (packet.checksum_length() != chunks * 4)
    return broken(fmt::format("{} bytes of checksums for {} bytes", packet.checksum_length(), packet.data_length));
  return {};
}

result<void> read_block_machine::set_destination(net::mutable_byte_span into) {
  destination_ = into.first(packet_length_);
  const auto ready = std::min(buffered(), packet_length_);
  std::memcpy(destination_.data(), buffer_.data() + buffer_begin_, ready);
  consume(ready);
  filled_ = ready;
  return filled_ == packet_length_ ? complete_packet() : result<void>();
}

std::span<iovec> read_block_machine::data_space() {
  make_room(control_length_);
  space_[0] = {destination_.data() + filled_, packet_length_ - filled_};
  space_[1] = {buffer_.data() + buffer_end_, control_length_};
  return space_;
}

result<void> read_block_machine::data_received(std::size_t count) {
  const auto data = std::min(count, packet_length_ - filled_);
  filled_ += data;
  buffer_end_ += count - data;
  return filled_ == packet_length_ ? complete_packet() : result<void>();
}

std::size_t read_block_machine::still_owed() const noexcept {
  if (expected_ == expected::op_response) return 1;
  const auto of_packet = state_ == state::data ? packet_length_ - filled_ : 0;
  const auto data = end_byte_ - std::min(end_byte_, next_offset_) + of_packet;
  return static_cast<std::size_t>(data > buffered() ? data - buffered() : 1);
}

result<void> read_block_machine::complete_packet() {
  if (auto valid = wire::verify_chunks(checksum_, bytes_per_checksum_, destination_, checksums_); !valid)
    return valid.error().with_context(fmt::format("packet at {} of the block", packet_offset_));
  state_ = state::control;
  return {};
}

}  // namespace hdfsmount::datanode
