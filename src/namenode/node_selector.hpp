#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "async/notifier.hpp"
#include "base/log.hpp"
#include "namenode/options.hpp"

namespace hdfsmount::namenode {

/// Which NameNode of a nameservice to ask, and when, as learnt by all calls together: the first to find out that one is
/// gone or in standby moves everybody on; after a round in which none served, or while none answers, only one call at a
/// time finds out whether that has changed, so that an outage costs one attempt a pause and not one a call. When it is
/// over, the local processes that waited come back at random moments, because those of many mounts would else come at
/// once. Logs when a NameNode goes and when it comes back. Thread-safe.
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
  /// A call of process `who`, from its beginning to its end. Used by the call's task only.
  class presence {
   public:
    presence(node_selector& where, pid_t who);
    ~presence();
    presence(const presence&) = delete;
    presence& operator=(const presence&) = delete;

   private:
    friend class node_selector;
    node_selector& where_;
    const pid_t who_;
    bool asked_ = false;       // at least once
    bool in_flight_ = false;   // now
    bool admitted_ = false;    // although others have to wait, and has not asked since
    steady_time return_at_;    // its place among those that come back after an outage
    steady_time probes_till_;  // it finds out for all whether a NameNode serves; the others wait until then
  };
  /// Waits until a round of `call` may begin; one that has not asked since is let through again. errc::timed_out when
  /// the deadline comes first.
  async::task<result<void>> wait_for_turn(presence& call, steady_time deadline);
  /// A NameNode is asked by `call` now, for the first time or again.
  void ask(presence& call);
  /// That attempt has ended.
  void answered(presence& call);

 private:
  struct node {
    net::host_port address;
    std::string name;
    bool lost = false;
    bool announced = false;  // the loss was logged, so the return will be
    steady_time lost_since;
    steady_time last_line;
  };

  steady_time next_turn(presence& call, steady_time deadline);
  bool is_probe(const presence& call) const;
  void begin_return(steady_time now);

  const options& settings_;
  logger& log_;
  mutable std::mutex mutex_;  // taken before the notifier's
  std::vector<node> nodes_;   // addresses and names never change
  std::size_t current_ = 0;
  int failed_rounds_ = 0;
  error last_failure_;
  steady_time next_round_;
  std::unordered_map<pid_t, std::size_t> present_;  // calls of each process
  std::size_t asked_ = 0;                           // how many of them have been sent at least once
  steady_time unserved_since_;                      // while there are such
  std::size_t in_flight_ = 0;                       // how many of them wait for their answer
  steady_time quiet_since_;                         // none of those was served; while there are such
  bool hesitating_ = false;                         // none was served for a moment, and one more was let through
  std::unordered_set<pid_t> returning_;             // processes that waited for the end of the last outage
  std::unordered_set<pid_t> returned_;              // and were given a moment to come back
  steady_time settled_;                             // until then, all others count as such
  steady_time return_ends_;
  async::notifier turn_;
};

/// Pause before try number `attempt` + 1 (0, 1, 2...): doubles from the base up to the maximum, lengthened at random.
milliseconds backoff(const options& settings, int attempt);

}  // namespace hdfsmount::namenode
