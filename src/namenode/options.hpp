#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "net/tcp.hpp"

namespace hdfsmount::namenode {

/// The NameNodes of one nameservice and how to treat them; filled from config::settings.
struct options {
  options(std::string nameservice_, std::vector<net::host_port> namenodes_)
      : nameservice(std::move(nameservice_)), namenodes(std::move(namenodes_)) {}

  std::string nameservice;                ///< what log lines call it: a nameservice or host:port
  std::vector<net::host_port> namenodes;  ///< RPC addresses in order of preference; at least one
  milliseconds backoff_base{500};         ///< dfs.client.failover.sleep.base.millis: first pause before a retry
  milliseconds backoff_max{15'000};       ///< dfs.client.failover.sleep.max.millis: longest pause
  /// How long one of several NameNodes may be silent before the next one is asked: a quarter of the time that is left,
  /// but not less than this. A single NameNode may use all of it.
  milliseconds least_attempt{2'000};
  /// NameNodes that have served none of the calls under way for so long get one more, and no others: all that a
  /// NameNode is sent while it hangs is carried out at once when it goes on.
  milliseconds hesitation{200};
  /// After this long they count as silent: single calls with growing pauses, until one is served.
  milliseconds silence{1'000};
  /// After an outage, those who waited come back over half the time it took, but not more than this.
  milliseconds longest_return{15'000};
  std::size_t max_calls = 256;      ///< calls in flight at a time; further ones wait
  double max_calls_per_second = 0;  ///< 0: unlimited
};

/// What a call does when no NameNode can be reached.
enum class patience {
  until_deadline,  ///< tries again, with growing pauses, until the call's deadline
  fail_fast,       ///< asks every NameNode once and gives up: for the start of a mount
};

}  // namespace hdfsmount::namenode
