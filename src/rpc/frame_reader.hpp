#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/metrics.hpp"
#include "net/stream.hpp"

namespace hdfsmount::rpc {

/// One message as it came, without its length; owns its bytes.
struct frame {
  frame() = default;
  frame(std::shared_ptr<const std::byte[]> bytes_, std::size_t size_) : bytes(std::move(bytes_)), size(size_) {}

  std::shared_ptr<const std::byte[]> bytes;
  std::size_t size = 0;
  byte_span span() const noexcept { return {bytes.get(), size}; }
};

/// Cuts a stream into frames. Reads ahead, so that many short answers cost one system call; the rest of a long one is
/// read straight into its own memory. Used by one task.
class frame_reader {
 public:
  /// `limit`: longest frame that is accepted, bytes. `received` counts all bytes.
  frame_reader(net::stream& from, std::size_t limit, counter& received);

  /// The next frame, however long that takes; errors of the stream, or of wire::decode_frame_length.
  async::task<result<frame>> next();

 private:
  async::task<result<void>> fill(std::size_t wanted);
  std::size_t available() const noexcept { return end_ - begin_; }
  byte_span take(std::size_t count) noexcept;

  net::stream& from_;
  const std::size_t limit_;
  counter& received_;
  std::vector<std::byte> buffer_;  // read and not yet used: [begin_, end_)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace hdfsmount::rpc
