#include "wire/convert.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::hdfs;

error broken(std::string what) {
  return {errc::protocol_error, std::move(what)};
}

datanode_state to_model(pb::DatanodeInfoProto::AdminState state) {
  switch (state) {
    case pb::DatanodeInfoProto::NORMAL:
      return datanode_state::normal;
    case pb::DatanodeInfoProto::DECOMMISSION_INPROGRESS:
      return datanode_state::decommissioning;
    case pb::DatanodeInfoProto::DECOMMISSIONED:
      return datanode_state::decommissioned;
    case pb::DatanodeInfoProto::ENTERING_MAINTENANCE:
      return datanode_state::entering_maintenance;
    case pb::DatanodeInfoProto::IN_MAINTENANCE:
      return datanode_state::in_maintenance;
  }
  return datanode_state::normal;
}

storage_type to_model(pb::StorageTypeProto type) {
  switch (type) {
    case pb::DISK:
      return storage_type::disk;
    case pb::SSD:
      return storage_type::ssd;
    case pb::ARCHIVE:
      return storage_type::archive;
    case pb::RAM_DISK:
      return storage_type::ram_disk;
    case pb::PROVIDED:
      return storage_type::provided;
    case pb::NVDIMM:
      return storage_type::nvdimm;
  }
  return storage_type::disk;
}

pb::StorageTypeProto to_proto(storage_type type) {
  switch (type) {
    case storage_type::disk:
      return pb::DISK;
    case storage_type::ssd:
      return pb::SSD;
    case storage_type::archive:
      return pb::ARCHIVE;
    case storage_type::ram_disk:
      return pb::RAM_DISK;
    case storage_type::provided:
      return pb::PROVIDED;
    case storage_type::nvdimm:
      return pb::NVDIMM;
  }
  return pb::DISK;
}

bool valid_port(std::uint32_t port) {
  return port <= UINT16_MAX;
}

/// Parallel lists that are not as long as the replicas say nothing reliable (an unknown storage type is dropped by the
/// parser) and are ignored.
void add_storages(const pb::LocatedBlockProto& proto, std::vector<replica_location>& replicas) {
  const auto count = static_cast<int>(replicas.size());
  for (int i = 0; i < count; ++i) {
    auto& replica = replicas[static_cast<std::size_t>(i)];
    if (proto.storageids_size() == count) replica.storage_id = proto.storageids(i);
    if (proto.storagetypes_size() == count)
      replica.type = to_model(static_cast<pb::StorageTypeProto>(proto.storagetypes(i)));
    if (proto.iscached_size() == count) replica.cached = proto.iscached(i);
  }
}

}  // namespace

result<std::uint64_t> non_negative(std::uint64_t value, const char* what) {
  if (value > INT64_MAX) return broken(fmt::format("{} of {}", what, static_cast<std::int64_t>(value)));
  return value;
}

checksum_kind to_model(pb::ChecksumTypeProto type) {
  return static_cast<checksum_kind>(type);
}

result<extended_block> to_model(const pb::ExtendedBlockProto& proto) {
  const auto length = non_negative(proto.numbytes(), "block length");
  if (!length) return length.error();
  return extended_block(proto.poolid(), block_id(proto.blockid()), generation_stamp(proto.generationstamp()), *length);
}

result<datanode_info> to_model(const pb::DatanodeInfoProto& proto) {
  const auto& id = proto.id();
  if (id.xferport() == 0 || !valid_port(id.xferport()) || !valid_port(id.ipcport()) || !valid_port(id.infoport()) ||
      !valid_port(id.infosecureport()))
    return broken("DataNode with an impossible port");
  if (id.ipaddr().empty() && id.hostname().empty()) return broken("DataNode without an address");
  datanode_info node(id.ipaddr(), id.hostname(), id.datanodeuuid(), static_cast<std::uint16_t>(id.xferport()),
                     static_cast<std::uint16_t>(id.ipcport()));
  node.info_port = static_cast<std::uint16_t>(id.infoport());
  node.info_secure_port = static_cast<std::uint16_t>(id.infosecureport());
  node.location = proto.location();
  node.state = to_model(proto.adminstate());
  return node;
}

result<located_block> to_model(const pb::LocatedBlockProto& proto) {
  auto block = to_model(proto.b());
  if (!block) return block.error();
  const auto offset = non_negative(proto.offset(), "block offset");
  if (!offset) return offset.error();
  if (block->length > INT64_MAX - *offset) return broken("block ends beyond any file");
  located_block located(std::move(*block), *offset, {});
  located.replicas.reserve(static_cast<std::size_t>(proto.locs_size()));
  for (const auto& node : proto.locs()) {
    auto info = to_model(node);
    if (!info) return info.error();
    located.replicas.emplace_back(std::move(*info));
  }
  add_storages(proto, located.replicas);
  located.corrupt = proto.corrupt();
  const auto& access = proto.blocktoken();
  located.access_token = token(access.identifier(), access.password(), access.kind(), access.service());
  return located;
}

result<located_blocks> to_model(const pb::LocatedBlocksProto& proto) {
  const auto length = non_negative(proto.filelength(), "file length");
  if (!length) return length.error();
  located_blocks located;
  located.file_length = *length;
  located.under_construction = proto.underconstruction();
  located.last_block_complete = proto.islastblockcomplete();
  located.encrypted = proto.has_fileencryptioninfo();
  located.erasure_coded = proto.has_ecpolicy();
  located.blocks.reserve(static_cast<std::size_t>(proto.blocks_size()));
  for (const auto& entry : proto.blocks()) {
    auto block = to_model(entry);
    if (!block) return block.error();
    if (!located.blocks.empty() && block->offset < located.blocks.back().end()) return broken("blocks overlap");
    located.blocks.push_back(std::move(*block));
  }
  if (proto.has_lastblock()) {
    auto last = to_model(proto.lastblock());
    if (!last) return last.error();
    located.last_block = std::move(*last);
  }
  return located;
}

void to_proto(const token& model, hadoop::common::TokenProto& proto) {
  proto.set_identifier(model.identifier);
  proto.set_password(model.password);
  proto.set_kind(model.kind);
  proto.set_service(model.service);
}

void to_proto(const extended_block& model, pb::ExtendedBlockProto& proto) {
  proto.set_poolid(model.pool);
  proto.set_blockid(model.id.value());
  proto.set_generationstamp(model.stamp.value());
  proto.set_numbytes(model.length);
}

void to_proto(const datanode_info& model, pb::DatanodeInfoProto& proto) {
  auto& id = *proto.mutable_id();
  id.set_ipaddr(model.ip);
  id.set_hostname(model.host);
  id.set_datanodeuuid(model.uuid);
  id.set_xferport(model.transfer_port);
  id.set_infoport(model.info_port);
  id.set_ipcport(model.ipc_port);
  id.set_infosecureport(model.info_secure_port);
  if (!model.location.empty()) proto.set_location(model.location);
}

void to_proto(const located_block& model, pb::LocatedBlockProto& proto) {
  to_proto(model.block, *proto.mutable_b());
  proto.set_offset(model.offset);
  proto.set_corrupt(model.corrupt);
  to_proto(model.access_token, *proto.mutable_blocktoken());
  const bool storages_known = std::all_of(model.replicas.begin(), model.replicas.end(),
                                          [](const replica_location& r) { return !r.storage_id.empty(); });
  for (const auto& replica : model.replicas) {
    to_proto(replica.node, *proto.add_locs());
    proto.add_iscached(replica.cached);
    proto.add_storagetypes(to_proto(replica.type));
    if (storages_known) proto.add_storageids(replica.storage_id);
  }
}

}  // namespace hdfsmount::wire
