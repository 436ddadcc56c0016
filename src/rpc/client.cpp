#include "rpc/client.hpp"

#include <algorithm>
#include <random>

#include "rpc/caller_context.hpp"
#include "rpc/connection.hpp"

namespace hdfsmount::rpc {
namespace {

wire::client_id random_client_id() {
  std::random_device source;
  wire::client_id id;
  std::generate(id.begin(), id.end(), [&source] { return static_cast<std::byte>(source()); });
  return id;
}

constexpr std::uint32_t largest_call_id = 0x7fffffff;
constexpr int connections_tried = 3;

}  // namespace

client::client(async::executor where, net::connector& connector, options settings, logger& log, metrics& numbers)
    : where_(std::move(where)),
      connector_(connector),
      settings_(std::move(settings)),
      log_(log),
      numbers_(numbers),
      client_id_(random_client_id()) {}

client::~client() = default;

call_identity client::new_call() noexcept {
  return {static_cast<std::int32_t>(next_call_id_.fetch_add(1, std::memory_order_relaxed) & largest_call_id), 0};
}

std::string client::encode(const call_context& context, const request& what) const {
  wire::rpc_request_header header(what.identity.call_id, client_id_);
  header.retry_count = what.identity.retry_count;
  if (!settings_.caller_context.empty()) header.context.emplace(caller_context(settings_.caller_context, context.who));
  header.state_id = what.state_id;
  return wire::encode_call(header, what.service, what.method, what.arguments);
}

result<std::shared_ptr<connection>> client::connection_to(const request& what, const hdfs_user& user) {
  const std::lock_guard lock(mutex_);
  if (closed_) return error(errc::shutting_down);
  key wanted{what.server, what.service.name, user.effective, user.real};
  if (const auto it = connections_.find(wanted); it != connections_.end() && it->second->usable()) return it->second;
  std::erase_if(connections_, [](const auto& entry) { return !entry.second->usable(); });
  auto fresh = std::make_shared<connection>(connection_environment(where_, connector_, settings_, log_, numbers_),
                                            connection_identity(client_id_, what.service, user, what.server));
  connections_.emplace(std::move(wanted), fresh);
  return fresh;
}

/// A connection may close, idle or refused, between finding it and using it; then nothing was sent.
async::task<result<reply>> client::call(call_context context, request what) {
  auto frame = encode(context, what);
  error last = errc::connect_failed;
  for (int tried = 0; tried < connections_tried; ++tried) {
    const auto found = connection_to(what, *context.who.user);
    if (!found) co_return found.error();
    auto outcome = co_await (*found)->call(what.identity.call_id, frame, context.deadline);
    if (outcome) co_return std::move(*outcome);
    last = (*found)->closing_error();
  }
  co_return last;
}

void client::close() {
  std::map<key, std::shared_ptr<connection>> open;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    open.swap(connections_);
  }
  for (auto& [whose, connection] : open) connection->close(errc::shutting_down);
}

}  // namespace hdfsmount::rpc
