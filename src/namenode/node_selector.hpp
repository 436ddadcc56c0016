#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "async/notifier.hpp"
#include "base/log.hpp"
#include "namenode/options.hpp"

namespace hdfsmount::namenode {

/// Which NameNode of a nameservice to ask, and when, as learnt by all calls together: the first to find out that one is
/// gone or in standby moves everybody on, and after a round in which none served, all wait for the same moment, so
/// that an outage costs one attempt a pause and not one a call. Logs when a NameNode goes and when it comes back.
/// Thread-safe.
class node_selector {
 public:
  node_selector(const options& settings, logger& log);

  std::size_t size() const noexcept { return nodes_.size(); }
  std::size_t current() const;
  const net::host_port& address(std::size_t index) const { return nodes_[index].address; }
  const std::string& name(std::size_t index) const { return nodes_[index].name; }

  /// The NameNode answered, whatever it said about its state.
  void reached(std::size_t index);
  /// It served a call: waiters go on.
  void served(std::size_t index);
  /// It could not be reached; `why` names it.
  void lost(std::size_t index, const error& why);
  /// The next one takes its place, unless another call has already moved on.
  void move_on(std::size_t index);
  /// Every NameNode was asked and none served: nobody asks before a pause that grows from round to round.
  void round_failed(const error& why);
  /// Of the last round that failed.
  error last_failure() const;
  /// Waits for the end of that pause; errc::timed_out when the deadline comes first.
  async::task<result<void>> wait_for_turn(steady_time deadline);

 private:
  struct node {
    net::host_port address;
    std::string name;
    bool lost = false;
    bool announced = false;  // the loss was logged, so the return will be
    steady_time lost_since;
    steady_time last_line;
  };

  const options& settings_;
  logger& log_;
  mutable std::mutex mutex_;  // taken before the notifier's
  std::vector<node> nodes_;   // addresses and names never change
  std::size_t current_ = 0;
  int failed_rounds_ = 0;
  error last_failure_;
  steady_time next_round_;
  async::notifier turn_;
};

/// Pause before try number `attempt` + 1 (0, 1, 2...): doubles from the base up to the maximum, lengthened at random.
milliseconds backoff(const options& settings, int attempt);

}  // namespace hdfsmount::namenode
