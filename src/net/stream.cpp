#include "net/stream.hpp"

namespace hdfsmount::net {
namespace {

iovec as_iovec(mutable_byte_span bytes) {
  return {bytes.data(), bytes.size()};
}

/// Drops the first `count` bytes of the buffers.
std::span<iovec> skip(std::span<iovec> buffers, std::size_t count) {
  while (!buffers.empty() && count >= buffers.front().iov_len) {
    count -= buffers.front().iov_len;
    buffers = buffers.subspan(1);
  }
  if (!buffers.empty()) {
    buffers.front().iov_base = static_cast<std::byte*>(buffers.front().iov_base) + count;
    buffers.front().iov_len -= count;
  }
  return buffers;
}

}  // namespace

async::task<result<std::size_t>> read_some(stream& from, std::span<const iovec> buffers, steady_time deadline,
                                           std::size_t at_least) {
  for (;;) {
    auto count = from.try_read(buffers);
    if (count || !(count.error() == make_error_code(errc::would_block))) co_return count;
    const auto ready = co_await from.wait_readable(deadline, at_least);
    if (!ready && at_least > 1 && ready.error() == make_error_code(errc::timed_out)) {
      // Fewer bytes than hoped for have still arrived.
      if (count = from.try_read(buffers); count) co_return count;
    }
    if (!ready) co_return ready.error();
  }
}

async::task<result<std::size_t>> read_some(stream& from, mutable_byte_span into, steady_time deadline,
                                           std::size_t at_least) {
  const iovec buffer = as_iovec(into);
  co_return co_await read_some(from, std::span<const iovec>(&buffer, 1), deadline, at_least);
}

async::task<result<void>> read_exactly(stream& from, std::span<iovec> buffers, steady_time deadline) {
  buffers = skip(buffers, 0);
  while (!buffers.empty()) {
    const auto count = co_await read_some(from, buffers, deadline);
    if (!count) co_return count.error();
    buffers = skip(buffers, *count);
  }
  co_return result<void>();
}

async::task<result<void>> read_exactly(stream& from, mutable_byte_span into, steady_time deadline) {
  iovec buffer = as_iovec(into);
  co_return co_await read_exactly(from, std::span(&buffer, 1), deadline);
}

async::task<result<void>> write_all(stream& to, byte_span bytes, steady_time deadline) {
  while (!bytes.empty()) {
    const iovec buffer{const_cast<std::byte*>(bytes.data()), bytes.size()};
    const auto count = to.try_write({&buffer, 1});
    if (count) {
      bytes = bytes.subspan(*count);
    } else if (count.error() == make_error_code(errc::would_block)) {
      if (auto ready = co_await to.wait_writable(deadline); !ready) co_return ready.error();
    } else {
      co_return count.error();
    }
  }
  co_return result<void>();
}

}  // namespace hdfsmount::net
