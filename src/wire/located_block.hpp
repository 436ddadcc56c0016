#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "wire/token.hpp"

namespace hdfsmount::wire {

/// One version of one block: appends and recoveries keep the id and raise the generation stamp.
struct extended_block {
  extended_block() = default;
  extended_block(std::string pool_, block_id id_, generation_stamp stamp_, std::uint64_t length_)
      : pool(std::move(pool_)), id(id_), stamp(stamp_), length(length_) {}

  std::string pool;  ///< block pool, "BP-..."; one a name space
  block_id id;
  generation_stamp stamp;
  std::uint64_t length = 0;  ///< bytes

  friend bool operator==(const extended_block&, const extended_block&) = default;
};

enum class datanode_state : std::uint8_t {
  normal,
  decommissioning,
  decommissioned,
  entering_maintenance,
  in_maintenance,
};

/// A DataNode as the NameNode describes it. Connect to `ip`, or to `host` where
/// dfs.client.use.datanode.hostname says so.
struct datanode_info {
  datanode_info() = default;
  datanode_info(std::string ip_, std::string host_, std::string uuid_, std::uint16_t transfer_port_,
                std::uint16_t ipc_port_)
      : ip(std::move(ip_)),
        host(std::move(host_)),
        uuid(std::move(uuid_)),
        transfer_port(transfer_port_),
        ipc_port(ipc_port_) {}

  std::string ip;
  std::string host;
  std::string uuid;                 ///< identity that survives a change of address
  std::uint16_t transfer_port = 0;  ///< data transfer protocol; never 0 when decoded from a NameNode
  std::uint16_t ipc_port = 0;       ///< ClientDatanodeProtocol
  std::uint16_t info_port = 0;
  std::uint16_t info_secure_port = 0;
  std::string location;  ///< place in the network topology ("/rack1"); may be empty
  datanode_state state = datanode_state::normal;

  friend bool operator==(const datanode_info&, const datanode_info&) = default;
};

enum class storage_type : std::uint8_t { disk, ssd, archive, ram_disk, provided, nvdimm };

/// One replica of a block: a DataNode and the storage there.
struct replica_location {
  replica_location() = default;
  explicit replica_location(datanode_info node_) : node(std::move(node_)) {}

  datanode_info node;
  std::string storage_id;                  ///< "DS-..."; empty when the NameNode does not say
  storage_type type = storage_type::disk;  ///< disk when the NameNode does not say
  bool cached = false;                     ///< the DataNode holds it in memory (HDFS cache directive)

  friend bool operator==(const replica_location&, const replica_location&) = default;
};

/// A block of a file, where it is, and the right to read it.
struct located_block {
  located_block() = default;
  located_block(extended_block block_, std::uint64_t offset_, std::vector<replica_location> replicas_)
      : block(std::move(block_)), offset(offset_), replicas(std::move(replicas_)) {}

  extended_block block;
  std::uint64_t offset = 0;                ///< of the block's first byte in the file
  std::vector<replica_location> replicas;  ///< in the order the NameNode prefers for this client; empty: missing
  bool corrupt = false;                    ///< every replica is known to be corrupt
  token access_token;                      ///< for the DataNodes; empty when they ask for none

  /// One past the block's last byte in the file; cannot overflow in a decoded block.
  std::uint64_t end() const noexcept { return offset + block.length; }
  friend bool operator==(const located_block&, const located_block&) = default;
};

/// The answer to getBlockLocations: the blocks of the range that was asked for, and the state of the file's end.
struct located_blocks {
  located_blocks() = default;

  /// Bytes of the file without a last block under construction, whose own length only its DataNodes know.
  std::uint64_t file_length = 0;
  /// Ascending and not overlapping.
  std::vector<located_block> blocks;
  bool under_construction = false;
  /// The file's last block, whatever range was asked for; absent when the file has none. When it is incomplete, it
  /// begins at `file_length` and its `block.length` is what the NameNode last heard.
  std::optional<located_block> last_block;
  bool last_block_complete = true;
  bool encrypted = false;
  bool erasure_coded = false;

  friend bool operator==(const located_blocks&, const located_blocks&) = default;
};

}  // namespace hdfsmount::wire
