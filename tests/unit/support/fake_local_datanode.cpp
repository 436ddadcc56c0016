#include "support/fake_local_datanode.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <deque>

#include "async/sleep.hpp"
#include "proto/data_transfer.pb.h"
#include "wire/proto_codec.hpp"

namespace hdfsmount::testing {
namespace {

namespace pb = hadoop::hdfs;
using behaviour = fake_local_datanode::behaviour;

constexpr std::size_t segment_size = 4 * wire::slot_size;
constexpr std::size_t prefix_size = 3;  // version and operation code

template <class Proto>
Proto parsed(byte_span body) {
  Proto proto;
  if (!proto.ParseFromArray(body.data(), static_cast<int>(body.size()))) std::abort();
  return proto;
}

template <class Proto>
std::string delimited(const Proto& message) {
  std::string out;
  wire::append_delimited(out, wire::encode_message(message));
  return out;
}

net::descriptor copy_of(const net::descriptor& file) {
  return net::descriptor(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
}

wire::slot_id to_model(const pb::ShortCircuitShmSlotProto& proto) {
  return {{proto.shmid().hi(), proto.shmid().lo()}, static_cast<std::uint32_t>(proto.slotidx())};
}

}  // namespace

class fake_local_stream final : public net::stream {
 public:
  explicit fake_local_stream(fake_local_datanode& node)
      : node_(node), generation_(node.generation_), ended_(std::make_shared<async::notifier>()) {
    node_.watched_.push_back(ended_);
  }

  result<std::size_t> try_read(std::span<const iovec> buffers) override {
    if (over()) return error(errc::connection_lost, "the DataNode has ended");
    std::size_t given = 0;
    for (const auto& into : buffers) {
      const auto count = std::min(into.iov_len, to_client_.size() - given);
      std::memcpy(into.iov_base, to_client_.data() + given, count);
      given += count;
    }
    to_client_.erase(0, given);
    if (given == 0) return errc::would_block;
    return given;
  }

  result<std::size_t> try_write(std::span<const iovec> buffers) override {
    if (over()) return error(errc::connection_lost, "the DataNode has ended");
    std::size_t taken = 0;
    for (const auto& from : buffers) {
      from_client_.append(static_cast<const char*>(from.iov_base), from.iov_len);
      taken += from.iov_len;
    }
    serve();
    return taken;
  }

  async::task<result<void>> wait_readable(steady_time deadline, std::size_t) override {
    if (over()) co_return error(errc::connection_lost);
    auto ticket = ended_->ticket(co_await boost::asio::this_coro::executor);
    co_return co_await ended_->wait(std::move(ticket), deadline);
  }
  async::task<result<void>> wait_writable(steady_time) override { co_return result<void>(); }
  void close() noexcept override { closed_ = true; }
  bool idle_and_open() noexcept override { return !over() && to_client_.empty(); }
  const std::string& peer() const noexcept override { return peer_; }
  net::descriptor take_descriptor() noexcept override {
    if (files_.empty()) return {};
    auto first = std::move(files_.front());
    files_.pop_front();
    return first;
  }

 private:
  bool over() const { return closed_ || generation_ != node_.generation_; }

  void serve() {
    if (node_.how == behaviour::close_at_once) closed_ = true;
    while (!closed_ && node_.how != behaviour::never_answer) {
      if (awaits_receipt_ && !from_client_.empty()) {
        from_client_.erase(0, 1);
        awaits_receipt_ = false;
        ++node_.receipts;
      }
      cursor in(std::as_bytes(std::span(from_client_)).subspan(std::min(prefix_size, from_client_.size())));
      const auto length = in.varint32();
      const auto body = length ? in.take(*length) : std::nullopt;
      if (!body) return;
      std::vector<net::descriptor> files;
      bool becomes_segment = false;
      to_client_ += node_.answer(from_client_[2], *body, files, becomes_segment);
      awaits_receipt_ = !files.empty() && !becomes_segment && node_.wants_receipt;
      for (auto& file : files) files_.push_back(std::move(file));
      from_client_.erase(0, from_client_.size() - in.remaining());
    }
  }

  fake_local_datanode& node_;
  const int generation_;
  const std::shared_ptr<async::notifier> ended_;
  const std::string peer_ = "fake socket";
  std::string from_client_;
  std::string to_client_;
  std::deque<net::descriptor> files_;
  bool awaits_receipt_ = false;
  bool closed_ = false;
};

std::uint64_t& fake_local_datanode::word(const wire::slot_id& slot) {
  return segments_.at(slot.segment.high).memory[slot.index * 8];
}

std::string fake_local_datanode::answer(std::int8_t code, byte_span body, std::vector<net::descriptor>& files,
                                        bool& becomes_segment) {
  if (code == 87) {
    const auto asked = parsed<pb::OpRequestShortCircuitAccessProto>(body);
    const auto found = replicas.find(asked.header().block().blockid());
    pb::BlockOpResponseProto out;
    if (how == behaviour::refuse_block || found == replicas.end()) {
      out.set_status(pb::ERROR);
      out.set_message("no such block here");
      return delimited(out);
    }
    if (asked.has_slotid()) {
      const auto slot = to_model(asked.slotid());
      if ((word(slot) & wire::slot_valid) == 0 || slots_.contains({slot.segment.high, slot.index})) std::abort();
      slots_[{slot.segment.high, slot.index}] = found->first;
    }
    ++files_passed;
    out.set_status(pb::SUCCESS);
    out.set_shortcircuitaccessversion(1);
    if (how != behaviour::no_files) {
      files.push_back(copy_of(*found->second->data()));
      files.push_back(copy_of(*found->second->checksums()));
    }
    return delimited(out) + std::string(1, wants_receipt ? '\1' : '\0');
  }
  if (code == 88) {
    const auto slot = to_model(parsed<pb::ReleaseShortCircuitAccessRequestProto>(body).slotid());
    ++releases;
    pb::ReleaseShortCircuitAccessResponseProto out;
    out.set_status(slots_.erase({slot.segment.high, slot.index}) == 1 ? pb::SUCCESS : pb::ERROR_INVALID);
    return delimited(out);
  }
  pb::ShortCircuitShmResponseProto out;
  out.set_status(offers_segments ? pb::SUCCESS : pb::ERROR_UNSUPPORTED);
  if (!offers_segments) return delimited(out);
  becomes_segment = true;
  const auto id = next_segment_++;
  segment made;
  made.file = net::descriptor(::memfd_create("segment", MFD_CLOEXEC));
  if (::ftruncate(made.file.get(), segment_size) != 0) std::abort();
  made.memory = static_cast<std::uint64_t*>(
      ::mmap(nullptr, segment_size, PROT_READ | PROT_WRITE, MAP_SHARED, made.file.get(), 0));
  files.push_back(copy_of(made.file));
  segments_[id] = std::move(made);
  out.mutable_id()->set_hi(id);
  out.mutable_id()->set_lo(0);
  return delimited(out) + std::string(1, '\0');
}

async::task<result<net::stream_ptr>> fake_local_datanode::connect(net::host_port, steady_time) {
  if (how == behaviour::refuse_connection) co_return error(errc::connect_failed, "no such socket");
  ++connects;
  co_return net::stream_ptr(std::make_unique<fake_local_stream>(*this));
}

void fake_local_datanode::end() {
  ++generation_;
  slots_.clear();
  for (const auto& waiting : watched_) waiting->notify_all();
  watched_.clear();
}

void fake_local_datanode::wake() {
  for (const auto& waiting : watched_) waiting->notify_all();
}

void fake_local_datanode::invalidate(std::uint64_t block) {
  for (const auto& [slot, of] : slots_)
    if (of == block) word({{slot.first, 0}, slot.second}) &= ~wire::slot_valid;
}

void fake_local_datanode::anchorable(std::uint64_t block, bool yes) {
  for (const auto& [slot, of] : slots_) {
    if (of != block) continue;
    auto& value = word({{slot.first, 0}, slot.second});
    value = yes ? value | wire::slot_anchorable : value & ~wire::slot_anchorable;
  }
}

}  // namespace hdfsmount::testing
