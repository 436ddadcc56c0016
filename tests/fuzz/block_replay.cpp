#include "block_replay.hpp"

#include <cstring>
#include <memory>

#include "datanode/read_block_machine.hpp"
#include "promise.hpp"

namespace hdfsmount::fuzz {
namespace {

using state = datanode::read_block_machine::state;

/// Its buffers: three times the checksums of a packet, while a vector grows.
constexpr std::size_t machine_memory = 4 * wire::max_packet_size;

wire::read_block_request request(std::uint64_t offset, std::uint64_t length) {
  return {wire::extended_block("BP-1", block_id(7), generation_stamp(1001), offset + length), wire::token(), "fuzz",
          offset, length};
}

class replayer {
 public:
  replayer(std::uint64_t offset, std::uint64_t length, byte_span stream, piece_sizes pieces)
      : first_(offset),
        end_(offset + length),
        chunk_(chunk_size(stream)),
        machine_(request(offset, length)),
        stream_(stream),
        pieces_(pieces) {}

  block_replay run() {
    result<bool> going = true;
    while (going && *going) {
      switch (machine_.current()) {
        case state::control:
          going = receive_control();
          break;
        case state::data:
          going = packet_ ? receive_data() : begin_packet();
          break;
        case state::finished:
          promise(needed_ <= given_, "no more is said to be owed than comes");
          out_.finished = true;
          going = false;
          break;
      }
    }
    if (!going) out_.failure = going.error().code();
    return std::move(out_);
  }

 private:
  /// Bytes a checksum covers, as the beginning of the stream announces it.
  static std::uint64_t chunk_size(byte_span stream) {
    cursor in(stream);
    const auto length = in.varint32();
    const auto body = length ? in.take(*length) : std::nullopt;
    if (!body) return 1;
    const auto response = wire::decode_block_op_response(*body);
    return response && response->read_checksum ? std::max(response->read_checksum->bytes_per_checksum, 1U) : 1;
  }

  std::size_t give(std::span<const iovec> spaces) {
    const auto owed = machine_.still_owed();
    promise(owed > 0, "something is owed until the end");
    needed_ = std::max(needed_, given_ + owed);
    std::size_t given = 0;
    const auto piece = pieces_.next();
    for (const auto& space : spaces) {
      const auto part = stream_.take(std::min({space.iov_len, stream_.remaining(), piece - given})).value();
      if (!part.empty()) std::memcpy(space.iov_base, part.data(), part.size());
      given += part.size();
    }
    given_ += given;
    return given;
  }

  /// False at the end of the stream.
  result<bool> receive_control() {
    if (auto parsed = machine_.advance(); !parsed) return parsed.error();
    if (machine_.current() != state::control) return true;
    const auto space = machine_.control_space();
    promise(!space.empty(), "there is room for what comes");
    if (stream_.remaining() == 0) return false;
    const iovec into{space.data(), space.size()};
    machine_.control_received(give({&into, 1}));
    return true;
  }

  result<bool> begin_packet() {
    const auto begin = machine_.packet_offset();
    length_ = machine_.packet_length();
    promise(length_ > 0 && length_ <= wire::max_packet_size, "a packet has bytes, and not too many");
    if (out_.data.empty()) {
      out_.begin = begin;
      promise(begin <= first_ && first_ - begin < chunk_, "data begins in the chunk of the first byte");
    }
    promise(begin == out_.begin + out_.data.size(), "packets follow each other");
    promise(begin < end_ && (begin + length_ - 1) / chunk_ <= (end_ - 1) / chunk_,
            "data ends in the chunk of the last byte");
    packet_.reset(new std::byte[length_]);
    if (auto set = machine_.set_destination({packet_.get(), length_}); !set) return set.error();
    keep_if_complete();
    return true;
  }

  result<bool> receive_data() {
    if (stream_.remaining() == 0) return false;
    if (auto received = machine_.data_received(give(machine_.data_space())); !received) return received.error();
    keep_if_complete();
    return true;
  }

  void keep_if_complete() {
    if (machine_.current() == state::data) return;
    out_.data.append(reinterpret_cast<const char*>(packet_.get()), length_);
    packet_.reset();
  }

  const std::uint64_t first_;
  const std::uint64_t end_;
  const std::uint64_t chunk_;
  datanode::read_block_machine machine_;
  cursor stream_;
  piece_sizes pieces_;
  std::unique_ptr<std::byte[]> packet_;
  std::size_t length_ = 0;
  std::size_t given_ = 0;   // bytes of the stream so far
  std::size_t needed_ = 0;  // and the most there had to be, by what was owed
  block_replay out_;
};

}  // namespace

block_replay replay_block(std::uint64_t offset, std::uint64_t length, byte_span stream, piece_sizes pieces) {
  auto out =
      within_memory(machine_memory, 8, stream.size(), [&] { return replayer(offset, length, stream, pieces).run(); });
  promise(!out.finished || out.begin + out.data.size() >= offset + length,
          "a finished read has all that was asked for");
  return out;
}

}  // namespace hdfsmount::fuzz
