#pragma once

#include <sys/uio.h>

#include <memory>
#include <span>
#include <string>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/cursor.hpp"
#include "net/descriptor.hpp"

namespace hdfsmount::net {

using mutable_byte_span = std::span<std::byte>;

/// A connected, ordered byte stream: plain TCP, a UNIX domain socket, one wrapped by SASL, or a test's script. Bytes
/// are moved without waiting and waiting moves no bytes, so that data goes straight to where it belongs and a stream
/// with data at hand costs no trip through the scheduler. Used by one task at a time in each direction.
class stream {
 public:
  virtual ~stream() = default;

  /// Fills the buffers in order with what is at hand. The number of bytes (> 0), or errc::would_block, or
  /// errc::connection_lost (also at the end of the stream).
  virtual result<std::size_t> try_read(std::span<const iovec> buffers) = 0;
  /// Takes as many bytes as it can without waiting; errors as try_read().
  virtual result<std::size_t> try_write(std::span<const iovec> buffers) = 0;
  /// Ends when try_read() is worth another try, at the deadline, or on cancellation. `at_least`: the peer owes that
  /// many bytes and fewer are of no use, so that the task need not be woken for each piece; may end with fewer, also
  /// with none: another thread's event of bytes that have been read already may wake it.
  virtual async::task<result<void>> wait_readable(steady_time deadline, std::size_t at_least) = 0;
  virtual async::task<result<void>> wait_writable(steady_time deadline) = 0;
  /// Ends the connection; waits in progress end with errc::connection_lost. Call on the strand of the task that uses
  /// it.
  virtual void close() noexcept = 0;
  /// Whether an idle connection is still good: open, and no byte or end of stream has arrived.
  virtual bool idle_and_open() noexcept = 0;
  /// "host:port" or path, for log lines.
  virtual const std::string& peer() const noexcept = 0;
  /// The next descriptor that came with the bytes read so far; empty when there is none left. Only UNIX domain sockets
  /// bring any.
  virtual descriptor take_descriptor() noexcept { return {}; }
};

using stream_ptr = std::unique_ptr<stream>;

/// Reads at least one byte. `at_least`: as for stream::wait_readable(), should it have to wait.
async::task<result<std::size_t>> read_some(stream& from, mutable_byte_span into, steady_time deadline,
                                           std::size_t at_least = 1);
async::task<result<std::size_t>> read_some(stream& from, std::span<const iovec> buffers, steady_time deadline,
                                           std::size_t at_least = 1);
/// Reads exactly `into.size()` bytes.
async::task<result<void>> read_exactly(stream& from, mutable_byte_span into, steady_time deadline);
/// Fills all buffers in order. `buffers` is changed.
async::task<result<void>> read_exactly(stream& from, std::span<iovec> buffers, steady_time deadline);
async::task<result<void>> write_all(stream& to, byte_span bytes, steady_time deadline);

}  // namespace hdfsmount::net
