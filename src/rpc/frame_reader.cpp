#include "rpc/frame_reader.hpp"

#include <algorithm>
#include <cstring>

#include "wire/rpc_frame.hpp"

namespace hdfsmount::rpc {
namespace {

constexpr std::size_t buffer_size = 64 * 1024;

}  // namespace

frame_reader::frame_reader(net::stream& from, std::size_t limit, counter& received)
    : from_(from), limit_(limit), received_(received), buffer_(buffer_size) {}

byte_span frame_reader::take(std::size_t count) noexcept {
  const byte_span out = byte_span(buffer_).subspan(begin_, count);
  begin_ += count;
  return out;
}

/// Waits until `wanted` bytes, at most the size of the buffer, are there.
async::task<result<void>> frame_reader::fill(std::size_t wanted) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ + wanted > buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, available());
    end_ = available();
    begin_ = 0;
  }
  while (available() < wanted) {
    const auto count = co_await net::read_some(from_, std::span(buffer_).subspan(end_), steady_time::max());
    if (!count) co_return count.error();
    received_.add(static_cast<std::int64_t>(*count));
    end_ += *count;
  }
  co_return result<void>();
}

async::task<result<frame>> frame_reader::next() {
  if (auto filled = co_await fill(wire::frame_length_size); !filled) co_return filled.error();
  const auto length = wire::decode_frame_length(take(wire::frame_length_size), limit_);
  if (!length) co_return length.error();
  // Not make_shared: a frame of 128 MiB must not be written twice.
  const std::shared_ptr<std::byte[]> bytes(new std::byte[*length]);
  if (*length <= buffer_.size() / 2) {
    if (auto filled = co_await fill(*length); !filled) co_return filled.error();
  }
  const auto at_hand = std::min(*length, available());
  std::memcpy(bytes.get(), take(at_hand).data(), at_hand);
  if (at_hand < *length) {
    const auto rest = std::span(bytes.get(), *length).subspan(at_hand);
    if (auto read = co_await net::read_exactly(from_, rest, steady_time::max()); !read) co_return read.error();
    received_.add(static_cast<std::int64_t>(rest.size()));
  }
  frame out(bytes, *length);
  co_return out;
}

}  // namespace hdfsmount::rpc
