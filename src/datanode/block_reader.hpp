#pragma once

#include <algorithm>
#include <memory>

#include "datanode/connection_pool.hpp"
#include "datanode/read_block_machine.hpp"

namespace hdfsmount::datanode {

/// A run of bytes of one replica on its way from a DataNode over TCP. Used by one task at a time. Dropped before its
/// end it closes its connection; read to its end it gives the connection back to the pool.
class block_reader {
 public:
  /// Sends the request and waits for the DataNode's answer. A reused connection that the DataNode has just closed is
  /// replaced by a new one. A DataNode that says nothing for `silence` has timed out, here and in all that follows; it
  /// may take its time up to the deadline of the operation as long as bytes arrive. Errors: of the connection,
  /// datanode_errc, errc::protocol_error. `pool` must outlive the reader.
  static async::task<result<std::unique_ptr<block_reader>>> open(connection_pool& pool, net::host_port peer,
                                                                 wire::read_block_request what, milliseconds silence,
                                                                 steady_time deadline);

  /// Advances to the next packet: its number of bytes, 0 at the end of the run. May wait.
  async::task<result<std::size_t>> next_packet(steady_time deadline);
  /// Offset in the block of the packet that next_packet() found; the first one may begin before the requested offset.
  std::uint64_t packet_offset() const noexcept { return machine_.packet_offset(); }
  /// Packets begin and end at multiples of it in the block; known once there was a packet.
  std::size_t chunk() const noexcept { return std::max<std::size_t>(machine_.chunk(), 1); }
  /// Receives and verifies that packet into `into`, which has its size. errc::checksum_mismatch for corrupt bytes.
  async::task<result<void>> receive(net::mutable_byte_span into, steady_time deadline);

 private:
  block_reader(connection_pool& pool, net::host_port peer, const wire::read_block_request& what, milliseconds silence,
               connection_pool::place place, net::stream_ptr stream);
  async::task<result<void>> start(steady_time deadline);
  async::task<result<void>> receive_control(steady_time deadline);
  std::size_t at_least() const noexcept;
  steady_time end_of_patience(steady_time deadline) const;
  async::task<result<void>> finish(steady_time deadline);

  connection_pool& pool_;
  net::host_port peer_;
  const milliseconds silence_;
  connection_pool::place place_;
  read_block_machine machine_;
  net::stream_ptr stream_;
};

}  // namespace hdfsmount::datanode
