#include "rpc/protected_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "wire/rpc_frame.hpp"

namespace hdfsmount::rpc {
namespace {

constexpr std::size_t wrapping = std::size_t{64} * 1024;  // headers, and what mechanisms add
constexpr std::size_t piece = std::size_t{256} * 1024;    // memory is taken as bytes arrive, not as they are announced

}  // namespace

result<std::string> wrap_message(auth::mechanism& protection, std::string_view plain) {
  auto wrapped = protection.wrap(plain);
  if (!wrapped) return wrapped.error();
  wire::sasl_message message(wire::sasl_state::wrap);
  message.token = std::move(*wrapped);
  return wire::encode_sasl(message);
}

protected_stream::protected_stream(net::stream_ptr below, std::unique_ptr<auth::mechanism> protection,
                                   std::size_t largest)
    : below_(std::move(below)),
      protection_(std::move(protection)),
      largest_(largest + wrapping),
      wanted_(wire::frame_length_size) {}

result<std::size_t> protected_stream::try_read(std::span<const iovec> buffers) {
  while (plain_at_ == plain_.size())
    if (auto received = receive(); !received) return received.error();
  std::size_t count = 0;
  for (const auto& buffer : buffers) {
    const auto part = std::min(buffer.iov_len, plain_.size() - plain_at_);
    std::memcpy(buffer.iov_base, plain_.data() + plain_at_, part);
    plain_at_ += part;
    count += part;
  }
  return count;
}

/// Reads until frame_ holds what is wanted, and takes the next step.
result<void> protected_stream::receive() {
  while (frame_.size() < wanted_) {
    const auto before = frame_.size();
    frame_.resize(std::min(wanted_, before + piece));
    const iovec into{frame_.data() + before, frame_.size() - before};
    const auto count = below_->try_read({&into, 1});
    frame_.resize(before + (count ? *count : 0));
    if (!count) return count.error();
  }
  if (wanted_ > wire::frame_length_size) return unwrap();
  const auto length = wire::decode_frame_length(frame_, largest_);
  if (!length) return length.error();
  wanted_ += *length;
  return {};
}

result<void> protected_stream::unwrap() {
  const auto response = wire::decode_response(byte_span(frame_).subspan(wire::frame_length_size));
  if (!response) return response.error();
  const auto& header = response->header;
  if (header.status != wire::rpc_status::success) return error(errc::connection_lost, header.message);
  if (header.call_id != wire::sasl_call_id)
    return error(errc::protocol_error, "an RPC message without the protection that was agreed on");
  const auto message = wire::decode_sasl(response->payload, largest_);
  if (!message) return message.error();
  if (message->state != wire::sasl_state::wrap || !message->token)
    return error(errc::protocol_error, "a SASL message that is not wrapped data");
  auto plain = protection_->unwrap(*message->token);
  if (!plain) return plain.error();
  plain_ = std::move(*plain);
  plain_at_ = 0;
  frame_.clear();
  wanted_ = wire::frame_length_size;
  return {};
}

/// How many bytes of `buffers` are in wrapped_ now.
result<std::size_t> protected_stream::wrap_from(std::span<const iovec> buffers) {
  std::string plain;
  for (const auto& buffer : buffers) {
    const auto part = std::min(buffer.iov_len, protection_->largest_message() - plain.size());
    plain.append(static_cast<const char*>(buffer.iov_base), part);
  }
  auto wrapped = wrap_message(*protection_, plain);
  if (!wrapped) return wrapped.error();
  wrapped_ = std::move(*wrapped);
  wrapped_at_ = 0;
  return plain.size();
}

result<std::size_t> protected_stream::try_write(std::span<const iovec> buffers) {
  if (taken_ == 0) {
    const auto taken = wrap_from(buffers);
    if (!taken) return taken.error();
    taken_ = *taken;
  }
  while (wrapped_at_ < wrapped_.size()) {
    const iovec rest{wrapped_.data() + wrapped_at_, wrapped_.size() - wrapped_at_};
    const auto count = below_->try_write({&rest, 1});
    if (!count) return count.error();
    wrapped_at_ += *count;
  }
  return std::exchange(taken_, 0);
}

async::task<result<void>> protected_stream::wait_readable(steady_time deadline, std::size_t) {
  if (plain_at_ < plain_.size()) co_return result<void>();
  co_return co_await below_->wait_readable(deadline, wanted_ - frame_.size());
}

async::task<result<void>> protected_stream::wait_writable(steady_time deadline) {
  return below_->wait_writable(deadline);
}

void protected_stream::close() noexcept {
  below_->close();
}

bool protected_stream::idle_and_open() noexcept {
  return plain_at_ == plain_.size() && frame_.empty() && below_->idle_and_open();
}

}  // namespace hdfsmount::rpc
