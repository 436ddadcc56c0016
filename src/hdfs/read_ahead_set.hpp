#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "hdfs/read_ahead.hpp"

namespace hdfsmount::hdfs {

/// The read-ahead windows of one handle: one for each of the sequential readers recognised among its reads, the least
/// recently used goes for a new one. A reader is recognised by its first read at the beginning of the file, or when
/// reads have followed one another; others, also backward or in strides, open no window and end none. A window that
/// nobody reads while another reader is recognised ends: its reader has gone elsewhere. Thread-safe.
class read_ahead_set {
 public:
  static constexpr std::size_t most = 4;

  read_ahead_set(const services& shared, std::shared_ptr<block_locator> file, caller reader);

  /// As read_ahead::try_read().
  std::optional<read_data> try_read(std::uint64_t offset, std::size_t size);
  /// The window that a read is to wait for, which may just have been started for it; null: it is no sequential one.
  std::shared_ptr<read_ahead> choose(std::uint64_t offset, std::size_t size);
  /// Fetches the beginning of the file, unless somebody does.
  void begin();
  /// Ends all fetches and frees the windows.
  void stop() noexcept;

 private:
  /// One sequential reader.
  struct stream {
    std::shared_ptr<read_ahead> window;
    std::uint64_t end = 0;   // of its latest read
    std::uint64_t used = 0;  // by turn_
  };
  /// A read that may have been the beginning of one.
  struct candidate {
    std::uint64_t end = 0;
    std::uint64_t since = 0;  // by turn_
    std::uint64_t used = 0;
    int followers = 0;  // reads in a row that each began where the one before ended
  };
  stream* covering_locked(std::uint64_t offset, std::size_t size);
  candidate& candidate_locked(std::uint64_t offset, std::size_t size);
  bool is_followed_locked(std::uint64_t offset, std::size_t size);
  std::shared_ptr<read_ahead> start_locked(std::uint64_t offset, std::size_t size);
  void use_locked(stream& which, std::uint64_t end);

  const services& shared_;
  const std::shared_ptr<block_locator> file_;
  const caller reader_;

  std::mutex mutex_;  // taken before read_ahead's
  std::vector<stream> streams_;
  std::array<candidate, most> candidates_;
  std::uint64_t turn_ = 0;  // counts reads that were of a window or may become of one
};

}  // namespace hdfsmount::hdfs
