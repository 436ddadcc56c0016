#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <string>

#include "choices.hpp"

namespace hdfsmount::fuzz {

/// What a block_reader would have made of a DataNode's bytes.
struct block_replay {
  std::uint64_t begin = 0;  ///< offset in the block of the first byte of `data`
  std::string data;         ///< of all complete packets
  bool finished = false;
  boost::system::error_code failure;  ///< none, and not finished: the stream ended first

  friend bool operator==(const block_replay&, const block_replay&) = default;
};

/// Drives a read_block_machine for `length` bytes from `offset` over `stream`, as block_reader does, and checks what
/// the machine promises of every packet.
block_replay replay_block(std::uint64_t offset, std::uint64_t length, byte_span stream, piece_sizes pieces);

}  // namespace hdfsmount::fuzz
