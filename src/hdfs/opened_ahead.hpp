#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "async/one_shot.hpp"
#include "hdfs/file_input_stream.hpp"

namespace hdfsmount::hdfs {

/// Files that somebody will open soon: located as the user who will, by tasks of their own and many at a time, and
/// their first bytes fetched. One that is not opened in time is given up. Thread-safe.
class opened_ahead {
 public:
  /// What was located longer than `good_for` ago is of no use; at most `limit` files are kept.
  opened_ahead(const services& shared, milliseconds good_for, std::size_t limit);

  /// Begins with a file, unless it is there or there are too many. `context` bounds the opening.
  void begin(call_context context, open_request what);
  /// The file if it was opened ahead for this user, to be had once; waits while that is under way. Null: it was not, or
  /// that failed.
  async::task<std::shared_ptr<file_input_stream>> take(const call_context& context, const open_request& what);
  /// The same without waiting. Null: take() may still find it.
  std::shared_ptr<file_input_stream> try_take(const call_context& context, const open_request& what);
  /// Gives all up.
  void clear() noexcept;

 private:
  struct file {
    std::string key;
    steady_time begun;
    async::one_shot<std::shared_ptr<file_input_stream>> opened;
    async::running_task task;
  };
  using file_ptr = std::shared_ptr<file>;

  static std::string key_of(const call_context& context, const open_request& what);
  using position = std::map<std::string, std::list<file_ptr>::iterator, std::less<>>::iterator;
  void remove_locked(position at);
  async::task<void> open(file_ptr into, call_context context, open_request what);
  async::task<void> sweep();
  void give_up_locked(std::list<file_ptr>& into, steady_time begun_before);

  const services& shared_;
  const milliseconds good_for_;
  const std::size_t limit_;
  counter& used_;
  counter& unused_;

  std::mutex mutex_;  // leaf; tasks are spawned and cancelled without it
  std::list<file_ptr> by_age_;
  std::map<std::string, std::list<file_ptr>::iterator, std::less<>> files_;
  bool sweeping_ = false;
  bool cleared_ = false;
  async::running_task sweeper_;
};

/// Opens a file as `context.who`: decided by the NameNode's answer to getBlockLocations.
async::task<result<std::shared_ptr<file_input_stream>>> open_stream(const services& shared, call_context context,
                                                                    open_request what);

}  // namespace hdfsmount::hdfs
