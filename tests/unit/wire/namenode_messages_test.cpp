#include "wire/namenode_messages.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"
#include "proto/client_datanode.pb.h"
#include "samples.hpp"
#include "wire/proto_codec.hpp"

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::hdfs;

template <class Proto>
std::string encoded(const Proto& message) {
  return message.SerializeAsString();
}

const auto protocol_error = make_error_code(errc::protocol_error);

TEST(Requests, HaveTheGoldenBytes) {
  EXPECT_EQ(encode_get_file_info("/a"), hex("0a 02 '/a'"));
  EXPECT_EQ(encode_get_file_link_info("/a"), hex("0a 02 '/a'"));
  EXPECT_EQ(encode_get_link_target("/a"), hex("0a 02 '/a'"));
  EXPECT_EQ(encode_get_listing("/a", "b", true), hex("0a 02 '/a' 12 01 'b' 18 01"));
  EXPECT_EQ(encode_get_listing("/a", "", false), hex("0a 02 '/a' 12 00 18 00"));
  EXPECT_EQ(encode_get_block_locations("/a", 128, 1), hex("0a 02 '/a' 10 80 01 18 01"));
  EXPECT_EQ(encode_get_fs_stats(), "");
  EXPECT_EQ(encode_get_server_defaults(), "");
  EXPECT_EQ(encode_get_replica_visible_length(extended_block("BP-1", block_id(300), generation_stamp(2), 9)),
            hex("0a 0d 0a 04 'BP-1' 10 ac 02 18 02 20 09"));
}

TEST(GetFileInfo, GivesEveryField) {
  pb::GetFileInfoResponseProto response;
  fill(*response.mutable_fs(), "");
  const auto decoded = decode_get_file_info(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  const auto& status = **decoded;
  EXPECT_EQ(status.type, file_type::file);
  EXPECT_EQ(status.name, "");
  EXPECT_EQ(status.length, 5000U);
  EXPECT_EQ(status.permissions, 01644);
  EXPECT_EQ(status.owner, "alice");
  EXPECT_EQ(status.group, "staff");
  EXPECT_EQ(status.mtime_ms, 1'700'000'000'123);
  EXPECT_EQ(status.atime_ms, 1'700'000'000'456);
  EXPECT_EQ(status.replication, 3);
  EXPECT_EQ(status.block_size, 134'217'728U);
  EXPECT_EQ(status.id, file_id(16'400));
  EXPECT_FALSE(status.children_count);
  EXPECT_FALSE(status.has_acl || status.encrypted || status.erasure_coded || status.snapshot_enabled);
  EXPECT_FALSE(status.locations);
}

TEST(GetFileInfo, NoSuchFileIsNoError) {
  const auto decoded = decode_get_file_info({});
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(*decoded);
}

TEST(GetFileInfo, DirectoriesAndSymlinks) {
  pb::GetFileLinkInfoResponseProto response;
  fill(*response.mutable_fs(), "");
  response.mutable_fs()->set_filetype(pb::HdfsFileStatusProto::IS_SYMLINK);
  response.mutable_fs()->set_symlink("../target");
  auto decoded = decode_get_file_link_info(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_EQ((*decoded)->type, file_type::symlink);
  EXPECT_EQ((*decoded)->symlink_target, "../target");
  response.mutable_fs()->set_filetype(pb::HdfsFileStatusProto::IS_DIR);
  response.mutable_fs()->set_childrennum(4);
  decoded = decode_get_file_link_info(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_TRUE((*decoded)->is_directory());
  EXPECT_EQ((*decoded)->children_count, 4U);
}

TEST(GetFileInfo, TheSnapshotDirectoryHasNoId) {
  pb::GetFileInfoResponseProto response;
  fill(*response.mutable_fs(), "");
  response.mutable_fs()->set_fileid(UINT64_MAX);
  const auto decoded = decode_get_file_info(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_EQ((*decoded)->id, file_id(0));
}

TEST(GetFileInfo, TimesMayBeBefore1970) {
  pb::GetFileInfoResponseProto response;
  fill(*response.mutable_fs(), "");
  response.mutable_fs()->set_modification_time(static_cast<std::uint64_t>(-5));
  const auto decoded = decode_get_file_info(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_EQ((*decoded)->mtime_ms, -5);
}

struct flags_seen {
  bool acl, encrypted, erasure_coded, snapshots;
  friend bool operator==(const flags_seen&, const flags_seen&) = default;
};

flags_seen flags_of(const pb::GetFileInfoResponseProto& response) {
  const auto decoded = decode_get_file_info(bytes_of(encoded(response)));
  EXPECT_EQ((*decoded)->permissions & ~01777, 0);
  return {(*decoded)->has_acl, (*decoded)->encrypted, (*decoded)->erasure_coded, (*decoded)->snapshot_enabled};
}

TEST(GetFileInfo, FlagsOfNewOldAndOtherServers) {
  pb::GetFileInfoResponseProto response;
  fill(*response.mutable_fs(), "");
  response.mutable_fs()->set_flags(1 | 8);
  EXPECT_EQ(flags_of(response), (flags_seen{true, false, false, true}));
  response.mutable_fs()->set_flags(2 | 4);
  EXPECT_EQ(flags_of(response), (flags_seen{false, true, true, false}));
  response.mutable_fs()->clear_flags();
  response.mutable_fs()->mutable_permission()->set_perm(0644 | 1 << 12 | 1 << 13 | 1 << 14);
  EXPECT_EQ(flags_of(response), (flags_seen{true, true, true, false}));
  response.mutable_fs()->mutable_permission()->set_perm(0644);
  response.mutable_fs()->mutable_fileencryptioninfo();
  response.mutable_fs()->mutable_ecpolicy();
  EXPECT_EQ(flags_of(response), (flags_seen{false, true, true, false}));
}

TEST(GetFileInfo, AnUnknownCipherDoesNotHideTheFile) {
  pb::GetFileInfoResponseProto response;
  fill(*response.mutable_fs(), "");
  // Field 15, FileEncryptionInfoProto, with cipher suite 99.
  auto status = response.fs().SerializeAsString() + hex("7a 02 08 63");
  std::string payload = hex("0a");
  append_delimited(payload, status);
  const auto decoded = decode_get_file_info(bytes_of(payload));
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_TRUE((*decoded)->encrypted);
}

TEST(GetFileInfo, ImpossibleNumbersAreRefused) {
  const auto code = [](auto change) {
    pb::GetFileInfoResponseProto response;
    fill(*response.mutable_fs(), "");
    change(*response.mutable_fs());
    return decode_get_file_info(bytes_of(encoded(response))).error().code();
  };
  EXPECT_EQ(code([](auto&) {}), boost::system::error_code());
  EXPECT_EQ(code([](auto& s) { s.set_length(UINT64_MAX); }), protocol_error);
  EXPECT_EQ(code([](auto& s) { s.set_blocksize(UINT64_MAX); }), protocol_error);
  EXPECT_EQ(code([](auto& s) { s.set_block_replication(70'000); }), protocol_error);
}

TEST(GetListing, GivesAPage) {
  const auto decoded = decode_get_listing(bytes_of(encoded(sample_listing(3, 2))));
  ASSERT_TRUE(decoded && *decoded) << decoded.error().to_string();
  EXPECT_EQ((*decoded)->remaining, 11U);
  ASSERT_EQ((*decoded)->entries.size(), 3U);
  EXPECT_EQ((*decoded)->entries[2].name, "name2");
  ASSERT_TRUE((*decoded)->entries[2].locations);
  EXPECT_EQ((*decoded)->entries[2].locations->blocks.size(), 2U);
}

TEST(GetListing, NoSuchDirectoryAndAnEmptyOne) {
  EXPECT_FALSE(*decode_get_listing({}));
  const auto empty = decode_get_listing(bytes_of(hex("0a 02 10 00")));
  ASSERT_TRUE(empty && *empty);
  EXPECT_TRUE((*empty)->entries.empty());
  EXPECT_EQ((*empty)->remaining, 0U);
}

TEST(GetListing, APageWithoutNamesButMoreToComeWouldNeverEnd) {
  EXPECT_EQ(decode_get_listing(bytes_of(hex("0a 02 10 01"))).error(), protocol_error);
}

TEST(GetListing, NamesThatCannotBeInADirectoryAreRefused) {
  using namespace std::string_literals;
  for (const auto& name : {""s, "."s, ".."s, "a/b"s, "/"s, "a\0b"s}) {
    auto response = sample_listing(2, 0);
    response.mutable_dirlist()->mutable_partiallisting(1)->set_path(name);
    EXPECT_EQ(decode_get_listing(bytes_of(encoded(response))).error(), protocol_error) << name;
  }
  for (const auto& name : {"..."s, " "s, "-"s, "a\nb"s, std::string(255, 'x'), "\xc3\xa4"s}) {
    auto response = sample_listing(2, 0);
    response.mutable_dirlist()->mutable_partiallisting(1)->set_path(name);
    EXPECT_TRUE(decode_get_listing(bytes_of(encoded(response)))) << name;
  }
}

TEST(GetListing, OfAFileIsTheFileWithoutAName) {
  auto response = sample_listing(1, 0);
  response.mutable_dirlist()->mutable_partiallisting(0)->set_path("");
  EXPECT_TRUE(decode_get_listing(bytes_of(encoded(response))));
  response.mutable_dirlist()->mutable_partiallisting(0)->set_filetype(pb::HdfsFileStatusProto::IS_DIR);
  EXPECT_FALSE(decode_get_listing(bytes_of(encoded(response))));
}

TEST(GetListing, AHugeNumberOfTinyEntriesIsRefusedBeforeItIsParsed) {
  // A million and one empty entries: two bytes each on the wire, hundreds parsed.
  std::string entries;
  for (int i = 0; i < 1'000'001; ++i) entries += hex("0a 00");
  std::string payload = hex("0a");
  append_delimited(payload, entries);
  EXPECT_EQ(decode_get_listing(bytes_of(payload)).error(), make_error_code(errc::limit_exceeded));
}

TEST(GetBlockLocations, GivesBlocksWithTheirReplicas) {
  pb::GetBlockLocationsResponseProto response;
  fill(*response.mutable_locations(), 2);
  const auto decoded = decode_get_block_locations(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  const auto& located = **decoded;
  EXPECT_EQ(located.file_length, 2000U);
  EXPECT_FALSE(located.under_construction || located.encrypted || located.erasure_coded);
  EXPECT_TRUE(located.last_block_complete);
  ASSERT_EQ(located.blocks.size(), 2U);
  EXPECT_EQ(located.last_block, located.blocks[1]);
  const auto& block = located.blocks[1];
  EXPECT_EQ(block.block, extended_block("BP-1", block_id(2000), generation_stamp(7), 1000));
  EXPECT_EQ(block.offset, 1000U);
  EXPECT_EQ(block.end(), 2000U);
  EXPECT_EQ(block.access_token, token("id", "pw", "HDFS_BLOCK_TOKEN", ""));
  ASSERT_EQ(block.replicas.size(), 3U);
  EXPECT_EQ(block.replicas[1].node.ip, "10.0.0.2");
  EXPECT_EQ(block.replicas[1].node.host, "dn2");
  EXPECT_EQ(block.replicas[1].node.uuid, "uuid-2");
  EXPECT_EQ(block.replicas[1].node.transfer_port, 9866);
  EXPECT_EQ(block.replicas[1].node.ipc_port, 9867);
  EXPECT_EQ(block.replicas[1].node.location, "/rack2");
  EXPECT_EQ(block.replicas[1].storage_id, "DS-2");
  EXPECT_EQ(block.replicas[1].type, storage_type::ssd);
  EXPECT_TRUE(block.replicas[2].cached);
  EXPECT_FALSE(block.replicas[1].cached);
}

TEST(GetBlockLocations, AFileBeingWrittenAnEmptyOneAndNone) {
  pb::GetBlockLocationsResponseProto response;
  auto& located = *response.mutable_locations();
  fill(located, 1);
  located.set_underconstruction(true);
  located.set_islastblockcomplete(false);
  located.mutable_fileencryptioninfo();
  auto decoded = decode_get_block_locations(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_TRUE((*decoded)->under_construction && (*decoded)->encrypted);
  EXPECT_FALSE((*decoded)->last_block_complete);
  located.clear_blocks();
  located.clear_lastblock();
  located.set_filelength(0);
  decoded = decode_get_block_locations(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_FALSE((*decoded)->last_block);
  EXPECT_FALSE(*decode_get_block_locations({}));
}

TEST(GetBlockLocations, WhatANewerServerSaysInParallelListsDoesNotShiftThem) {
  pb::GetBlockLocationsResponseProto response;
  fill(*response.mutable_locations(), 1);
  auto& block = *response.mutable_locations()->mutable_blocks(0);
  block.mutable_storagetypes()->RemoveLast();
  block.mutable_storageids()->RemoveLast();
  const auto decoded = decode_get_block_locations(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  for (const auto& replica : (*decoded)->blocks[0].replicas) {
    EXPECT_EQ(replica.type, storage_type::disk);
    EXPECT_EQ(replica.storage_id, "");
  }
}

TEST(GetBlockLocations, ImpossibleBlocksAreRefused) {
  const auto code = [](auto change) {
    pb::GetBlockLocationsResponseProto response;
    fill(*response.mutable_locations(), 2);
    change(*response.mutable_locations());
    return decode_get_block_locations(bytes_of(encoded(response))).error().code();
  };
  const auto id = [](auto& l) -> auto& { return *l.mutable_blocks(0)->mutable_locs(0)->mutable_id(); };
  EXPECT_EQ(code([](auto&) {}), boost::system::error_code());
  EXPECT_EQ(code([](auto& l) { l.set_filelength(UINT64_MAX); }), protocol_error);
  EXPECT_EQ(code([](auto& l) { l.mutable_blocks(1)->set_offset(999); }), protocol_error);
  EXPECT_EQ(code([](auto& l) { l.mutable_blocks(1)->set_offset(INT64_MAX - 999); }), protocol_error);
  EXPECT_EQ(code([](auto& l) { l.mutable_blocks(1)->set_offset(UINT64_MAX); }), protocol_error);
  EXPECT_EQ(code([](auto& l) { l.mutable_blocks(1)->mutable_b()->set_numbytes(UINT64_MAX); }), protocol_error);
  EXPECT_EQ(code([](auto& l) { l.mutable_lastblock()->set_offset(UINT64_MAX); }), protocol_error);
  EXPECT_EQ(code([&](auto& l) { id(l).set_xferport(0); }), protocol_error);
  EXPECT_EQ(code([&](auto& l) { id(l).set_xferport(65'536); }), protocol_error);
  EXPECT_EQ(code([&](auto& l) { id(l).set_ipcport(65'536); }), protocol_error);
  EXPECT_EQ(code([&](auto& l) { id(l).set_infoport(65'536); }), protocol_error);
  EXPECT_EQ(code([&](auto& l) { id(l).clear_ipaddr(), id(l).set_ipaddr(""), id(l).set_hostname(""); }), protocol_error);
}

TEST(GetLinkTarget, GivesTheTargetOrNothing) {
  EXPECT_EQ(*decode_get_link_target(bytes_of(hex("0a 02 '/t'"))), "/t");
  EXPECT_EQ(*decode_get_link_target({}), std::nullopt);
}

TEST(GetFsStats, UnknownNumbersAreZero) {
  pb::GetFsStatsResponseProto response;
  response.set_capacity(100);
  response.set_used(40);
  response.set_remaining(60);
  response.set_under_replicated(1);
  response.set_corrupt_blocks(2);
  response.set_missing_blocks(UINT64_MAX);
  const auto stats = decode_get_fs_stats(bytes_of(encoded(response)));
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->capacity, 100U);
  EXPECT_EQ(stats->used, 40U);
  EXPECT_EQ(stats->remaining, 60U);
  EXPECT_EQ(stats->under_replicated_blocks, 1U);
  EXPECT_EQ(stats->corrupt_blocks, 2U);
  EXPECT_EQ(stats->missing_blocks, 0U);
  EXPECT_EQ(decode_get_fs_stats({}).error(), protocol_error);
}

TEST(GetServerDefaults, GivesEveryField) {
  pb::GetServerDefaultsResponseProto response;
  auto& proto = *response.mutable_serverdefaults();
  proto.set_blocksize(1 << 27);
  proto.set_bytesperchecksum(512);
  proto.set_writepacketsize(65'536);
  proto.set_replication(3);
  proto.set_filebuffersize(4096);
  proto.set_encryptdatatransfer(true);
  proto.set_checksumtype(pb::CHECKSUM_CRC32C);
  proto.set_keyprovideruri("kms://http@host/kms");
  const auto defaults = decode_get_server_defaults(bytes_of(encoded(response)));
  ASSERT_TRUE(defaults);
  server_defaults expected;
  expected.block_size = 1 << 27;
  expected.bytes_per_checksum = 512;
  expected.write_packet_size = 65'536;
  expected.replication = 3;
  expected.file_buffer_size = 4096;
  expected.encrypt_data_transfer = true;
  expected.checksum = checksum_kind::crc32c;
  expected.key_provider_uri = "kms://http@host/kms";
  EXPECT_EQ(*defaults, expected);
  proto.set_blocksize(UINT64_MAX);
  EXPECT_EQ(decode_get_server_defaults(bytes_of(encoded(response))).error(), protocol_error);
}

TEST(ReportBadBlocks, NamesBlockReplicaAndStorage) {
  pb::GetBlockLocationsResponseProto response;
  fill(*response.mutable_locations(), 1);
  auto decoded = decode_get_block_locations(bytes_of(encoded(response)));
  ASSERT_TRUE(decoded && *decoded);
  auto& block = (*decoded)->blocks[0];
  block.replicas.erase(block.replicas.begin());
  block.replicas.pop_back();
  const auto request =
      decode_message<pb::ReportBadBlocksRequestProto>(bytes_of(encode_report_bad_blocks((*decoded)->blocks)));
  ASSERT_TRUE(request);
  ASSERT_EQ(request->blocks_size(), 1);
  const auto& sent = request->blocks(0);
  EXPECT_EQ(sent.b().SerializeAsString(), response.locations().blocks(0).b().SerializeAsString());
  ASSERT_EQ(sent.locs_size(), 1);
  EXPECT_EQ(sent.locs(0).SerializeAsString(), [&] {
    auto node = response.locations().blocks(0).locs(1);
    node.mutable_id()->set_infosecureport(0);
    return node.SerializeAsString();
  }());
  EXPECT_EQ(sent.storageids(0), "DS-2");
  EXPECT_EQ(sent.storagetypes(0), pb::SSD);
  EXPECT_TRUE(decode_report_bad_blocks({}));
}

TEST(GetReplicaVisibleLength, IsNotNegative) {
  EXPECT_EQ(*decode_get_replica_visible_length(bytes_of(hex("08 80 01"))), 128U);
  EXPECT_EQ(decode_get_replica_visible_length(bytes_of(hex("08 ff ff ff ff ff ff ff ff ff 01"))).error(),
            protocol_error);
  EXPECT_EQ(decode_get_replica_visible_length({}).error(), protocol_error);
}

}  // namespace
}  // namespace hdfsmount::wire
