#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "async/budget.hpp"
#include "base/caller.hpp"
#include "namenode/options.hpp"
#include "rpc/client.hpp"

namespace hdfsmount::namenode {

/// One nameservice as a single, patient server: finds the active NameNode, repeats what may be repeated, waits where a
/// NameNode asks for it, and bounds how much of all this one mount may do. Thread-safe. Destroy only when no call is in
/// progress.
class proxy {
 public:
  proxy(rpc::client& transport, options settings, logger& log, metrics& numbers);
  ~proxy();

  /// Calls `method` of ClientProtocol with the serialised `arguments` until a NameNode gives a final answer: its
  /// serialised result, or an error as client_protocol documents them.
  async::task<result<rpc::reply>> call(call_context context, std::string method, std::string arguments,
                                       patience how = patience::until_deadline);

  /// The NameNode that answered last, for status reports.
  net::host_port current() const;
  const options& settings() const noexcept { return settings_; }

 private:
  struct state;
  rpc::client& transport_;
  const options settings_;
  logger& log_;
  metrics& numbers_;
  std::unique_ptr<state> state_;
};

}  // namespace hdfsmount::namenode
