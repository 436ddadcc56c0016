#pragma once

#include <cstdint>

#include "base/caller.hpp"
#include "rpc/client.hpp"
#include "wire/model.hpp"

namespace hdfsmount::datanode {

/// The calls of org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol that this client makes to a DataNode's RPC port.
/// Nothing is repeated: another DataNode may know as well. Thread-safe.
class client_datanode_protocol {
 public:
  client_datanode_protocol(rpc::client& transport, metrics& numbers) : transport_(transport), numbers_(numbers) {}

  /// How many bytes of its replica of `block` readers may see. datanode_errc::refused when it has no such replica;
  /// datanode_errc::other for other refusals; errors of the transport as rpc::client::call().
  async::task<result<std::uint64_t>> get_replica_visible_length(call_context context, net::host_port server,
                                                                wire::extended_block block);

 private:
  rpc::client& transport_;
  metrics& numbers_;
};

}  // namespace hdfsmount::datanode
