#include "datanode/client_datanode_protocol.hpp"

#include <fmt/format.h>

#include "wire/namenode_messages.hpp"

namespace hdfsmount::datanode {
namespace {

error translate(const rpc::remote_exception& exception, const std::string& server) {
  const std::string_view message(exception.message);
  auto text = fmt::format("DataNode {}: {}", server, message.substr(0, message.find('\n')));
  const bool unknown_replica = exception.class_name.ends_with("ReplicaNotFoundException");
  return {unknown_replica ? datanode_errc::refused : datanode_errc::other, std::move(text)};
}

}  // namespace

async::task<result<std::uint64_t>> client_datanode_protocol::get_replica_visible_length(call_context context,
                                                                                        net::host_port server,
                                                                                        wire::extended_block block) {
  numbers_.get("datanode_calls", "getReplicaVisibleLength").add();
  rpc::request what(server, wire::client_datanode_protocol, "getReplicaVisibleLength",
                    wire::encode_get_replica_visible_length(block), transport_.new_call());
  const auto answer = co_await transport_.call(std::move(context), std::move(what));
  if (!answer) co_return answer.error().with_context("DataNode " + server.to_string());
  if (answer->exception) co_return translate(*answer->exception, server.to_string());
  co_return wire::decode_get_replica_visible_length(answer->payload);
}

}  // namespace hdfsmount::datanode
