#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "async/notifier.hpp"
#include "net/tcp.hpp"
#include "support/local_files.hpp"
#include "wire/short_circuit.hpp"

namespace hdfsmount::testing {

/// A DataNode on this machine, in memory: what is behind its UNIX socket. Everything runs on one thread.
class fake_local_datanode final : public net::connector {
 public:
  enum class behaviour { serve, refuse_connection, close_at_once, never_answer, refuse_block, no_files };

  async::task<result<net::stream_ptr>> connect(net::host_port peer, steady_time deadline) override;

  /// The DataNode ends: every connection and so every segment of it is gone.
  void end();
  /// Wakes those who wait for bytes, although there are none.
  void wake();
  /// The replica is gone: its slots are not valid any more.
  void invalidate(std::uint64_t block);
  /// The replica is locked in memory, or no longer.
  void anchorable(std::uint64_t block, bool yes);

  std::map<std::uint64_t, std::shared_ptr<local_files>> replicas;  ///< by block id
  behaviour how = behaviour::serve;
  bool offers_segments = true;
  bool wants_receipt = true;
  int connects = 0;
  int files_passed = 0;
  int receipts = 0;
  int releases = 0;
  std::size_t slots_in_use() const { return slots_.size(); }

 private:
  friend class fake_local_stream;
  struct segment {
    net::descriptor file;
    std::uint64_t* memory = nullptr;
  };
  /// Answers one operation: what to send, and which descriptors come with its last byte.
  std::string answer(std::int8_t code, byte_span body, std::vector<net::descriptor>& files, bool& becomes_segment);
  std::uint64_t& word(const wire::slot_id& slot);

  std::map<std::int64_t, segment> segments_;
  std::map<std::pair<std::int64_t, std::uint32_t>, std::uint64_t> slots_;  // in use, to the block
  std::int64_t next_segment_ = 1;
  int generation_ = 0;  // raised by end()
  std::vector<std::shared_ptr<async::notifier>> watched_;
};

}  // namespace hdfsmount::testing
