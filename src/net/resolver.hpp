#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "async/worker_pool.hpp"
#include "base/clock.hpp"

namespace hdfsmount::net {

using address_list = std::vector<boost::asio::ip::address>;

/// The system's resolver, in the order of its preference; blocks. errc::unknown_host, also when the name service does
/// not answer.
result<address_list> ask_system_resolver(const std::string& host);

/// Addresses of host names. The system's resolver blocks, so it is asked on two threads: a name whose servers do not
/// answer takes one of them for many seconds. Equal questions are joined; answers are kept for half a minute, and older
/// ones stand in when asking again fails or takes more than a moment, so that what is known does not wait behind what
/// hangs. A question that nobody waits for any more is not asked. Thread-safe.
class resolver {
 public:
  using question = std::function<result<address_list>(const std::string& host)>;

  /// `clock` says how old an answer is. `ask` runs on the resolver's threads and must own all it uses: one that hangs
  /// is left behind by the destructor, which waits for nothing.
  explicit resolver(const clock_source& clock, question ask = ask_system_resolver);
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// At least one address. errc::unknown_host, timed_out or cancelled, with the host in the detail. An address literal
  /// is its own answer.
  async::task<result<address_list>> addresses(std::string host, steady_time deadline);

 private:
  class core;
  const std::shared_ptr<core> core_;
  async::worker_pool pool_;
};

}  // namespace hdfsmount::net
