#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/mechanism.hpp"
#include "net/stream.hpp"

namespace hdfsmount::rpc {

/// The frame of a SASL message that holds `plain` wrapped.
result<std::string> wrap_message(auth::mechanism& protection, std::string_view plain);

/// An RPC connection after a handshake that negotiated integrity or privacy: what is written and read here travels
/// within SASL messages of state "wrap", which need not end where an RPC message ends. After errc::would_block the same
/// bytes must be written again, as net::write_all() does. A message that was tampered with is
/// errc::authentication_failed, and anything else than a wrapped one errc::protocol_error; the connection is of no use
/// then. (Hadoop: SaslRpcClient.WrappedInputStream, Server.Connection.unwrapPacketAndProcessRpcs)
class protected_stream final : public net::stream {
 public:
  /// `protection` is done; `largest`: longest RPC message that is accepted, bytes.
  protected_stream(net::stream_ptr below, std::unique_ptr<auth::mechanism> protection, std::size_t largest);

  result<std::size_t> try_read(std::span<const iovec> buffers) override;
  result<std::size_t> try_write(std::span<const iovec> buffers) override;
  async::task<result<void>> wait_readable(steady_time deadline, std::size_t at_least) override;
  async::task<result<void>> wait_writable(steady_time deadline) override;
  void close() noexcept override;
  bool idle_and_open() noexcept override;
  const std::string& peer() const noexcept override { return below_->peer(); }

 private:
  result<void> receive();
  result<void> unwrap();
  result<std::size_t> wrap_from(std::span<const iovec> buffers);

  const net::stream_ptr below_;
  const std::unique_ptr<auth::mechanism> protection_;
  const std::size_t largest_;
  std::vector<std::byte> frame_;  // of the message that is arriving, with its length
  std::size_t wanted_;            // bytes that frame_ needs to have for the next step
  std::string plain_;             // unwrapped and not yet read: from plain_at_
  std::size_t plain_at_ = 0;
  std::string wrapped_;  // not yet taken by the stream below: from wrapped_at_
  std::size_t wrapped_at_ = 0;
  std::size_t taken_ = 0;  // bytes of the caller's that are in wrapped_
};

}  // namespace hdfsmount::rpc
