#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <vector>

#include "choices.hpp"
#include "promise.hpp"
#include "rpc/frame_reader.hpp"
#include "targets.hpp"
#include "wire/proto_codec.hpp"
#include "wire/rpc_frame.hpp"

namespace hdfsmount::fuzz {
namespace {

constexpr std::size_t longest_frame = 1024 * 1024;

/// A peer that sends `bytes`, closes, and never makes anybody wait.
class memory_stream final : public net::stream {
 public:
  memory_stream(byte_span bytes, piece_sizes pieces) : in_(bytes), pieces_(pieces) {}

  result<std::size_t> try_read(std::span<const iovec> buffers) override {
    if (in_.remaining() == 0) return error(errc::connection_lost);
    std::size_t moved = 0;
    auto piece = pieces_.next();
    for (const auto& buffer : buffers) {
      const auto part = in_.take(std::min({buffer.iov_len, in_.remaining(), piece - moved})).value();
      std::memcpy(buffer.iov_base, part.data(), part.size());
      moved += part.size();
    }
    return moved;
  }
  result<std::size_t> try_write(std::span<const iovec>) override { return error(errc::connection_lost); }
  async::task<result<void>> wait_readable(steady_time, std::size_t) override { co_return result<void>(); }
  async::task<result<void>> wait_writable(steady_time) override { co_return result<void>(); }
  void close() noexcept override {}
  bool idle_and_open() noexcept override { return false; }
  const std::string& peer() const noexcept override { return peer_; }

 private:
  cursor in_;
  piece_sizes pieces_;
  const std::string peer_ = "memory";
};

struct outcome {
  std::vector<rpc::frame> frames;
  boost::system::error_code end;
  std::int64_t received = 0;
};

async::task<void> collect(net::stream& from, counter& received, outcome& out) {
  rpc::frame_reader reader(from, longest_frame, received);
  for (;;) {
    auto next = co_await reader.next();
    if (!next) {
      out.end = next.error().code();
      co_return;
    }
    out.frames.push_back(std::move(*next));
  }
}

outcome read_all(byte_span bytes, piece_sizes pieces) {
  outcome out;
  counter received;
  memory_stream stream(bytes, pieces);
  boost::asio::io_context io;
  bool ended = false;
  boost::asio::co_spawn(io, collect(stream, received, out), [&ended](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
    ended = true;
  });
  io.run();
  promise(ended, "the reader ends with its stream");
  out.received = received.value();
  return out;
}

void read_in_pieces(byte_span bytes, std::uint8_t seed) {
  // The reader's buffer and the vector of frames, then one frame that is announced and the others that have come.
  const auto whole = within_memory(256 * 1024 + longest_frame, 32, bytes.size(),
                                   [&] { return read_all(bytes, piece_sizes::whole()); });
  const auto cut = read_all(bytes, piece_sizes::mixed(seed));
  promise(whole.frames.size() == cut.frames.size() && whole.end == cut.end, "frames do not depend on the pieces");
  promise(static_cast<std::size_t>(cut.received) <= bytes.size(), "no byte is counted twice");
  std::size_t at = 0;
  for (std::size_t i = 0; i < whole.frames.size(); ++i) {
    const auto frame = whole.frames[i].span();
    const auto expected = bytes.subspan(at + wire::frame_length_size, frame.size());
    promise(std::ranges::equal(frame, expected), "a frame is what stood behind its length");
    promise(std::ranges::equal(frame, cut.frames[i].span()), "frames do not depend on the pieces");
    at += wire::frame_length_size + frame.size();
    rpc_response(frame);
  }
}

}  // namespace

/// One byte that says how the stream is cut, then the stream.
void rpc_frames(byte_span input) {
  choices in(input);
  const auto seed = in.byte();
  read_in_pieces(in.rest(), seed);
}

/// The same for frames that are only told by their lengths, so that they fill and outgrow the reader's buffer.
void rpc_frame_script(byte_span input) {
  constexpr std::size_t longest_stream = 192 * 1024;
  choices in(input);
  const auto seed = in.byte();
  std::string stream;
  while (!in.finished() && stream.size() < longest_stream) {
    const auto unit = in.byte() % 4U + 1U;
    const auto length = in.integer<std::uint16_t>() * unit;
    wire::append_big_endian(stream, length);
    stream.append(length, static_cast<char>('a' + stream.size() % 23));
    if (length > 0) stream.back() = '.';
  }
  read_in_pieces(std::as_bytes(std::span(stream)), seed);
}

}  // namespace hdfsmount::fuzz
