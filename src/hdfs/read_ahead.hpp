#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "async/notifier.hpp"
#include "hdfs/block_locator.hpp"
#include "hdfs/client.hpp"

namespace hdfsmount::hdfs {

/// The window of a stream that is read in order: a task of its own fetches ahead of the reader until so many bytes are
/// here that nobody has read yet, and waits there for the reader. The window begins small and doubles each time that
/// the reader uses up a full one, so that a file whose beginning alone is wanted costs little. Memory is given back as
/// soon as it has been read, all of it when nobody has read for some seconds, and what nobody waits for when memory is
/// short. Thread-safe.
class read_ahead : public std::enable_shared_from_this<read_ahead> {
 public:
  read_ahead(const services& shared, std::shared_ptr<block_locator> file, caller reader);

  /// [offset, offset + size), clipped by the caller to the end of the file, if all of it is here.
  std::optional<read_data> try_read(std::uint64_t offset, std::size_t size);
  /// Whether a read of `size` bytes at `offset` is, or soon will be, answered by the fetch under way.
  bool covers(std::uint64_t offset, std::size_t size) const;
  /// Drops what is here and fetches from `offset` on.
  void start(std::uint64_t offset);
  /// Waits for [offset, offset + size) while the window covers it. Nothing: it does not any more, the caller must read
  /// by itself. An error: the fetch failed there.
  async::task<result<std::optional<read_data>>> read(call_context context, std::uint64_t offset, std::size_t size);
  /// Ends the fetch and frees the window.
  void stop() noexcept;
  /// Whether there is a fetch, or what it has brought.
  bool active() const;

 private:
  struct segment {
    std::uint64_t offset = 0;
    std::size_t filled = 0;
    std::size_t unread = 0;  // bytes that have answered no read
    buffer_pool::buffer_ptr memory;
    std::uint64_t end() const noexcept { return offset + filled; }
  };
  struct fetch;  // one run of the task

  void replace(const std::shared_ptr<fetch>& next, std::uint64_t offset);
  static async::task<void> run(std::shared_ptr<read_ahead> self, std::shared_ptr<fetch> current, std::uint64_t begin);
  async::task<result<bool>> fetch_packet(const std::shared_ptr<fetch>& current, class packet_source& source);
  async::task<result<buffer_pool::buffer_ptr>> more_memory(const std::shared_ptr<fetch>& current, std::size_t length);
  async::task<result<void>> wait_for_room(const std::shared_ptr<fetch>& current);
  async::task<result<void>> fetch_all(std::shared_ptr<fetch> current, std::uint64_t begin);
  bool end_fetch(fetch& ending, const result<void>& outcome);
  async::task<void> wait_until_idle();
  void drop(const std::shared_ptr<fetch>& ended);
  call_context background_context() const;

  bool is_followed() const;
  bool release_for_others(const fetch& current, bool& holds);
  void give_up(const fetch& ending);
  bool fetching_locked() const;
  bool covers_locked(std::uint64_t offset, std::size_t size) const;
  std::optional<read_data> take_locked(std::uint64_t offset, std::size_t size, bool& wake);
  std::optional<read_data> collect_locked(std::uint64_t offset, std::size_t size) const;
  void answered_locked(std::uint64_t offset, std::size_t size);
  void await_locked(std::uint64_t offset, std::size_t size);
  void pop_front_locked();
  std::uint64_t fetched_locked() const;
  bool has_room_locked() const;

  const services& shared_;
  const std::shared_ptr<block_locator> file_;
  const caller reader_;

  mutable std::mutex mutex_;        // taken before the notifiers', the buffer pool's and the budget's
  std::shared_ptr<fetch> current_;  // null: nothing is being fetched
  std::deque<segment> segments_;    // contiguous, ascending
  std::uint64_t begin_ = 0;         // where the window was started, or what is here ended when it was all given up
  std::uint64_t unread_ = 0;        // of all segments
  std::uint64_t wanted_ = 0;        // end of the furthest read that waits
  std::uint64_t awaited_;           // the waiting reads are woken once this much is here
  std::uint64_t needed_;            // the first byte that any of them waits for
  std::uint64_t window_ = 0;        // how much unread the fetch may gather
  std::uint64_t progress_ = 0;      // bytes read since the window was last changed
  bool was_full_ = false;           // the fetch has waited for room since then
  bool followed_ = false;           // somebody reads on, and not only the beginning
  steady_time last_used_;           // when the fetch ended or a read was last answered
  async::notifier arrived_;
  async::notifier room_;
};

}  // namespace hdfsmount::hdfs
