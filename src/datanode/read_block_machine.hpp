#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "net/stream.hpp"
#include "wire/data_transfer.hpp"

namespace hdfsmount::datanode {

/// One OP_READ_BLOCK exchange without I/O: the caller moves bytes between it and the DataNode.
///
///   send request(); then until current() is finished:
///     control: advance(); if that changes nothing, read at least one byte into control_space(),
///     control_received(count) data:    set_destination() once a packet, then read into data_space() and
///     data_received(count)
///   send status_reply(), after which the connection is free for another operation.
///
/// Packet data goes straight to its destination; behind it, the next packet's header and checksums are read in the same
/// system call. Data is verified before the state goes from `data` back to `control`. After an error the machine is of
/// no further use and the connection must be closed. (Hadoop: BlockReaderRemote, BlockSender, PacketReceiver)
class read_block_machine {
 public:
  enum class state { control, data, finished };

  /// `what.length` bytes from `what.offset` of the block.
  explicit read_block_machine(const wire::read_block_request& what);

  byte_span request() const noexcept { return std::as_bytes(std::span(request_)); }
  state current() const noexcept { return state_; }

  /// Uses what has been received so far; leaves `control` once a packet or the end is known.
  result<void> advance();
  net::mutable_byte_span control_space();
  void control_received(std::size_t count) noexcept { buffer_end_ += count; }

  /// Of the packet at hand: its offset in the block and its number of bytes, which begin up to a checksum chunk before
  /// the requested offset and may end up to a chunk behind the requested end.
  std::uint64_t packet_offset() const noexcept { return packet_offset_; }
  std::size_t packet_length() const noexcept { return packet_length_; }
  /// Bytes under one checksum, where there are checksums: packets begin and end at multiples of it in the block.
  std::size_t chunk() const noexcept { return bytes_per_checksum_; }

  /// `into` holds packet_length() bytes and stays valid until the packet is complete. Takes what was read ahead of it;
  /// may complete the packet.
  result<void> set_destination(net::mutable_byte_span into);
  std::span<iovec> data_space();
  result<void> data_received(std::size_t count);

  /// How many more bytes the DataNode is to send at least; 1 when that is not known.
  std::size_t still_owed() const noexcept;

  /// What to tell the DataNode at the end: all of it arrived and was verified.
  byte_span status_reply() const noexcept { return std::as_bytes(std::span(status_reply_)); }

 private:
  enum class expected { op_response, packet_header };

  std::size_t buffered() const noexcept { return buffer_end_ - buffer_begin_; }
  byte_span buffered_bytes() const noexcept { return byte_span(buffer_).subspan(buffer_begin_, buffered()); }
  void consume(std::size_t count) noexcept;
  void make_room(std::size_t wanted);
  result<bool> parse_op_response();
  result<bool> parse_packet_header();
  result<void> check_packet(const wire::packet_header& header) const;
  result<void> complete_packet();

  const std::uint64_t first_byte_;
  const std::uint64_t end_byte_;
  std::string request_;
  std::string status_reply_;

  state state_ = state::control;
  expected expected_ = expected::op_response;
  wire::checksum_kind checksum_ = wire::checksum_kind::null;
  std::size_t bytes_per_checksum_ = 0;

  std::vector<std::byte> buffer_;  // bytes read and not yet used: [buffer_begin_, buffer_end_)
  std::size_t buffer_begin_ = 0;
  std::size_t buffer_end_ = 0;
  std::vector<std::byte> checksums_;  // of the packet at hand
  std::size_t control_length_ = 0;    // header and checksums of the last packet: the best guess for the next one's

  std::uint64_t next_offset_ = 0;  // where the next packet must begin
  std::int64_t next_sequence_ = 0;
  std::uint64_t packet_offset_ = 0;
  std::size_t packet_length_ = 0;
  net::mutable_byte_span destination_;
  std::size_t filled_ = 0;
  std::array<iovec, 2> space_{};
};

}  // namespace hdfsmount::datanode
