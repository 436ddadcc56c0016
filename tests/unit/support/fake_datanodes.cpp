#include "support/fake_datanodes.hpp"

#include <algorithm>
#include <cstring>

#include "async/sleep.hpp"
#include "proto/data_transfer.pb.h"

namespace hdfsmount::testing {
namespace {

using behaviour = fake_datanode::behaviour;

/// Waits for what never comes.
async::task<result<void>> nothing(steady_time deadline) {
  if (auto slept = co_await async::sleep_until(deadline); !slept) co_return slept.error();
  co_return error(errc::timed_out);
}

class fake_stream final : public net::stream {
 public:
  fake_stream(std::shared_ptr<fake_datanode> node, std::string peer) : node_(std::move(node)), peer_(std::move(peer)) {}

  result<std::size_t> try_read(std::span<const iovec> buffers) override {
    if (closed_) return errc::connection_lost;
    std::size_t given = 0;
    for (const auto& into : buffers) {
      const auto count =
          std::min({into.iov_len, to_client_.size() - given, node_->lose_after - std::min(node_->lose_after, sent_)});
      std::memcpy(into.iov_base, to_client_.data() + given, count);
      given += count;
      sent_ += count;
    }
    to_client_.erase(0, given);
    if (given > 0) return given;
    if (sent_ >= node_->lose_after) return error(errc::connection_lost, "as the test wants");
    return errc::would_block;
  }

  result<std::size_t> try_write(std::span<const iovec> buffers) override {
    if (closed_) return errc::connection_lost;
    std::size_t taken = 0;
    for (const auto& from : buffers) {
      from_client_.append(static_cast<const char*>(from.iov_base), from.iov_len);
      taken += from.iov_len;
    }
    serve();
    return taken;
  }

  async::task<result<void>> wait_readable(steady_time deadline, std::size_t) override { return nothing(deadline); }
  async::task<result<void>> wait_writable(steady_time deadline) override { return nothing(deadline); }
  void close() noexcept override { closed_ = true; }
  bool idle_and_open() noexcept override { return !closed_ && to_client_.empty() && sent_ < node_->lose_after; }
  const std::string& peer() const noexcept override { return peer_; }

 private:
  /// Answers every complete operation; client read statuses are skipped.
  void serve() {
    while (true) {
      const bool status = from_client_.starts_with('\x02');
      const std::size_t prefix = status ? 0 : 3;
      cursor in(std::as_bytes(std::span(from_client_)).subspan(std::min(prefix, from_client_.size())));
      const auto length = in.varint32();
      const auto body = length ? in.take(*length) : std::nullopt;
      if (!body) return;
      if (!status) answer(*body);
      from_client_.erase(0, from_client_.size() - in.remaining());
    }
  }

  void answer(byte_span body) {
    hadoop::hdfs::OpReadBlockProto operation;
    if (!operation.ParseFromArray(body.data(), static_cast<int>(body.size()))) std::abort();
    if (++node_->operations > node_->mend_after)
      for (auto& [id, replica] : node_->replicas) replica.flip_at = std::string::npos;
    if (node_->how == behaviour::never_answer) return;
    const auto found = node_->replicas.find(operation.header().baseheader().block().blockid());
    to_client_ += found == node_->replicas.end()
                      ? refusal(1, "Replica not found")
                      : read_block_answer(found->second, operation.offset(), operation.len());
  }

  const std::shared_ptr<fake_datanode> node_;
  const std::string peer_;
  std::string from_client_;
  std::string to_client_;
  std::size_t sent_ = 0;
  bool closed_ = false;
};

}  // namespace

async::task<result<net::stream_ptr>> fake_datanodes::connect(net::host_port peer, steady_time deadline) {
  const auto found = nodes_.find(peer.host);
  if (found == nodes_.end() || found->second->how == behaviour::refuse_connection)
    co_return error(errc::connect_failed, peer.to_string());
  ++found->second->connects;
  if (found->second->how == behaviour::never_connect) {
    const auto never = co_await nothing(deadline);
    co_return never.error();
  }
  co_return std::make_unique<fake_stream>(found->second, peer.to_string());
}

}  // namespace hdfsmount::testing
