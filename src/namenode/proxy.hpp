#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "async/budget.hpp"
#include "base/caller.hpp"
#include "namenode/node_selector.hpp"
#include "namenode/options.hpp"
#include "namenode/rate_limiter.hpp"
#include "rpc/client.hpp"

namespace hdfsmount::namenode {

/// One nameservice as a single, patient server: finds the active NameNode, repeats what may be repeated, waits where a
/// NameNode asks for it, and bounds how much of all this one mount may do. Thread-safe. Destroy only when no call is in
/// progress.
///
/// A repetition keeps the call id, so that the NameNode's retry cache answers a change that was already made: calls
/// that change something need nothing more than the ones that only read. Connections are kept per user below
/// (rpc::client). Reads from observers will choose among the nodes here, by method, and pass rpc::request::state_id on;
/// a router is one NameNode of this list.
class proxy {
 public:
  proxy(rpc::client& transport, options settings, logger& log, metrics& numbers);

  /// Calls `method` of ClientProtocol with the serialised `arguments` until a NameNode gives a final answer: its
  /// serialised result, or an error as client_protocol documents them.
  async::task<result<rpc::reply>> call(call_context context, std::string method, std::string arguments,
                                       patience how = patience::until_deadline);

  /// The NameNode that is asked now, for status reports.
  net::host_port current() const { return nodes_.address(nodes_.current()); }
  const options& settings() const noexcept { return settings_; }

 private:
  struct attempts;
  async::task<result<void>> wait_for_permission(attempts& so_far, steady_time deadline, patience how);
  async::task<result<rpc::reply>> attempt(const call_context& context, std::size_t node, const std::string& method,
                                          const std::string& arguments, rpc::call_identity identity);
  async::task<result<void>> before_repetition(attempts& so_far, const error& failure, std::size_t node,
                                              steady_time deadline, patience how);
  void note_unreachable(const attempts& so_far, const error& failure, std::size_t node);

  rpc::client& transport_;
  const options settings_;
  metrics& numbers_;
  node_selector nodes_;
  async::budget calls_;
  rate_limiter rate_;
};

}  // namespace hdfsmount::namenode
