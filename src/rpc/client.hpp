#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/caller.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "net/tcp.hpp"
#include "rpc/options.hpp"
#include "rpc/reply.hpp"
#include "wire/rpc_frame.hpp"

/// Hadoop RPC, version 9, without knowledge of any server: a request goes out as bytes, a reply comes back as bytes or
/// as the exception that the server threw. Calls to the same server as the same user share one connection, on which
/// they overtake each other. One call is sent once; repeating it, here or elsewhere, is for the layer above, which
/// knows what may be repeated.
namespace hdfsmount::rpc {

/// What a server recognises a repeated call by (its retry cache), together with the client id. The first sending of a
/// call has retry count 0; a repetition keeps the call id and counts up.
struct call_identity {
  call_identity(std::int32_t id, std::int32_t retries) : call_id(id), retry_count(retries) {}
  call_identity repeated() const { return {call_id, retry_count + 1}; }
  std::int32_t call_id;
  std::int32_t retry_count;
};

/// What to call; `arguments` is the serialised argument message.
struct request {
  request(net::host_port server_, const wire::rpc_protocol& service_, std::string method_, std::string arguments_,
          call_identity identity_)
      : server(std::move(server_)),
        service(service_),
        method(std::move(method_)),
        arguments(std::move(arguments_)),
        identity(identity_) {}

  net::host_port server;
  wire::rpc_protocol service;
  std::string method;
  std::string arguments;
  call_identity identity;
  std::optional<std::int64_t> state_id;  ///< newest transaction seen, for servers that read behind the active one
};

class connection;

/// Makes calls over connections that it opens, shares and closes by itself. Thread-safe. close() it and let its tasks
/// end (run the executor until nothing is left) before destroying what was passed in.
class client {
 public:
  client(async::executor where, net::connector& connector, options settings, logger& log, metrics& numbers);
  ~client();

  /// A new call id, to be used by one call and its repetitions.
  call_identity new_call() noexcept;
  /// Sends `what` as `context.who` and waits for the reply until `context.deadline`. A reply may hold the server's
  /// exception; errors are the transport's: errc::connect_failed, unknown_host, connection_lost (the server may or may
  /// not have executed the call), timed_out, cancelled, authentication_failed, protocol_error, limit_exceeded,
  /// shutting_down. The late reply to an abandoned call is dropped.
  async::task<result<reply>> call(call_context context, request what);
  /// Ends all calls with errc::shutting_down, closes all connections and refuses new calls.
  void close();

 private:
  struct key {
    net::host_port server;
    std::string_view protocol_name;
    std::string effective_user;
    std::string real_user;
    friend auto operator<=>(const key&, const key&) = default;
  };
  result<std::shared_ptr<connection>> connection_to(const request& what, const hdfs_user& user);
  std::string encode(const call_context& context, const request& what) const;

  const async::executor where_;
  net::connector& connector_;
  const options settings_;
  logger& log_;
  metrics& numbers_;
  const wire::client_id client_id_;
  std::atomic<std::uint32_t> next_call_id_{0};

  std::mutex mutex_;  // leaf: nothing else is locked while it is held
  std::map<key, std::shared_ptr<connection>> connections_;
  bool closed_ = false;
};

}  // namespace hdfsmount::rpc
