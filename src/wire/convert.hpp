#pragma once

#include "base/result.hpp"
#include "proto/data_transfer.pb.h"
#include "proto/hdfs.pb.h"
#include "wire/model.hpp"

/// Between generated messages and the model, for the codecs of this folder only. Every conversion from a message checks
/// what model.hpp promises and answers errc::protocol_error otherwise.
namespace hdfsmount::wire {

/// A length, offset or count that Java keeps in a signed integer: negative ones are refused.
result<std::uint64_t> non_negative(std::uint64_t value, const char* what);
checksum_kind to_model(hadoop::hdfs::ChecksumTypeProto type);
result<extended_block> to_model(const hadoop::hdfs::ExtendedBlockProto& proto);
result<datanode_info> to_model(const hadoop::hdfs::DatanodeInfoProto& proto);
result<located_block> to_model(const hadoop::hdfs::LocatedBlockProto& proto);
result<located_blocks> to_model(const hadoop::hdfs::LocatedBlocksProto& proto);
result<file_status> to_model(const hadoop::hdfs::HdfsFileStatusProto& proto);

void to_proto(const token& model, hadoop::common::TokenProto& proto);
void to_proto(const extended_block& model, hadoop::hdfs::ExtendedBlockProto& proto);
void to_proto(const datanode_info& model, hadoop::hdfs::DatanodeInfoProto& proto);
void to_proto(const located_block& model, hadoop::hdfs::LocatedBlockProto& proto);

}  // namespace hdfsmount::wire
