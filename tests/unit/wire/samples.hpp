#pragma once

#include "proto/client_namenode.pb.h"

/// Answers of a NameNode for tests, as generated messages.
namespace hdfsmount::wire {

inline void fill(hadoop::hdfs::DatanodeInfoProto& node, std::uint32_t number) {
  auto& id = *node.mutable_id();
  id.set_ipaddr("10.0.0." + std::to_string(number));
  id.set_hostname("dn" + std::to_string(number));
  id.set_datanodeuuid("uuid-" + std::to_string(number));
  id.set_xferport(9866);
  id.set_infoport(9864);
  id.set_ipcport(9867);
  node.set_location("/rack" + std::to_string(number));
}

inline void fill(hadoop::hdfs::LocatedBlockProto& block, std::uint64_t offset, std::uint64_t length) {
  block.mutable_b()->set_poolid("BP-1");
  block.mutable_b()->set_blockid(1000 + offset);
  block.mutable_b()->set_generationstamp(7);
  block.mutable_b()->set_numbytes(length);
  block.set_offset(offset);
  block.set_corrupt(false);
  auto& token = *block.mutable_blocktoken();
  token.set_identifier("id");
  token.set_password("pw");
  token.set_kind("HDFS_BLOCK_TOKEN");
  token.set_service("");
  for (std::uint32_t i = 1; i <= 3; ++i) {
    fill(*block.add_locs(), i);
    block.add_storageids("DS-" + std::to_string(i));
    block.add_storagetypes(i == 2 ? hadoop::hdfs::SSD : hadoop::hdfs::DISK);
    block.add_iscached(i == 3);
  }
}

inline void fill(hadoop::hdfs::LocatedBlocksProto& blocks, int count) {
  for (int i = 0; i < count; ++i) fill(*blocks.add_blocks(), static_cast<std::uint64_t>(i) * 1000, 1000);
  blocks.set_filelength(static_cast<std::uint64_t>(count) * 1000);
  blocks.set_underconstruction(false);
  fill(*blocks.mutable_lastblock(), static_cast<std::uint64_t>(count - 1) * 1000, 1000);
  blocks.set_islastblockcomplete(true);
}

inline void fill(hadoop::hdfs::HdfsFileStatusProto& status, const std::string& name) {
  status.set_filetype(hadoop::hdfs::HdfsFileStatusProto::IS_FILE);
  status.set_path(name);
  status.set_length(5000);
  status.mutable_permission()->set_perm(01644);
  status.set_owner("alice");
  status.set_group("staff");
  status.set_modification_time(1'700'000'000'123);
  status.set_access_time(1'700'000'000'456);
  status.set_block_replication(3);
  status.set_blocksize(134'217'728);
  status.set_fileid(16'400);
}

inline hadoop::hdfs::GetListingResponseProto sample_listing(int names, int blocks) {
  hadoop::hdfs::GetListingResponseProto response;
  auto& list = *response.mutable_dirlist();
  for (int i = 0; i < names; ++i) {
    fill(*list.add_partiallisting(), "name" + std::to_string(i));
    if (blocks > 0) fill(*list.mutable_partiallisting(i)->mutable_locations(), blocks);
  }
  list.set_remainingentries(11);
  return response;
}

}  // namespace hdfsmount::wire
