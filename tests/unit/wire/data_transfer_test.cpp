#include "wire/data_transfer.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"
#include "proto/data_transfer.pb.h"
#include "wire/proto_codec.hpp"

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::hdfs;

read_block_request sample_request() {
  return {extended_block("BP-1", block_id(300), generation_stamp(2), 4096), token("i", "p", "k", "s"), "me", 512, 1024};
}

TEST(ReadBlock, HasTheGoldenBytes) {
  EXPECT_EQ(encode_read_block(sample_request()),
            hex("00 1c 51 2e") +                                        // version 28, operation 81, 46 bytes
                hex("0a 24 0a 1e") +                                    // header, its base header
                hex("0a 0e 0a 04 'BP-1' 10 ac 02 18 02 20 80 20") +     // block
                hex("12 0c 0a 01 'i' 12 01 'p' 1a 01 'k' 22 01 's'") +  // token
                hex("12 02 'me' 10 80 04 18 80 08 20 01"));             // client, offset, length, checksums
}

TEST(ReadBlock, CachingStrategyIsSentOnlyWhenAsked) {
  auto request = sample_request();
  request.send_checksums = false;
  request.drop_behind = true;
  request.readahead = 1 << 20;
  const auto encoded = encode_read_block(request);
  cursor in(bytes_of(encoded).subspan(3));
  const auto decoded = decode_message<pb::OpReadBlockProto>(*in.take(*in.varint32()));
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(decoded->sendchecksums());
  EXPECT_TRUE(decoded->cachingstrategy().dropbehind());
  EXPECT_EQ(decoded->cachingstrategy().readahead(), 1 << 20);
  EXPECT_EQ(encode_read_block(sample_request()).find(hex("2a")), std::string::npos);
}

TEST(BlockOpResponse, GivesTheChecksumsOfARead) {
  // SUCCESS; CRC32C of 512 bytes from 1024.
  const auto response = decode_block_op_response(bytes_of(hex("08 00 22 0a 0a 05 08 02 10 80 04 10 80 08")));
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_TRUE(check_status(*response));
  ASSERT_TRUE(response->read_checksum);
  EXPECT_EQ(response->read_checksum->type, checksum_kind::crc32c);
  EXPECT_EQ(response->read_checksum->bytes_per_checksum, 512U);
  EXPECT_EQ(response->read_checksum->chunk_offset, 1024U);
}

TEST(BlockOpResponse, StatusesHaveTheirErrors) {
  const auto error_of = [](data_status status) {
    block_op_response response;
    response.status = status;
    response.message = "why";
    return check_status(response).error();
  };
  EXPECT_EQ(error_of(data_status::error), make_error_code(datanode_errc::refused));
  EXPECT_EQ(error_of(data_status::error_invalid), make_error_code(datanode_errc::refused));
  EXPECT_EQ(error_of(data_status::error_access_token), make_error_code(datanode_errc::access_token));
  EXPECT_EQ(error_of(data_status::error_checksum), make_error_code(datanode_errc::checksum));
  EXPECT_EQ(error_of(data_status::error_unsupported), make_error_code(datanode_errc::unsupported));
  EXPECT_EQ(error_of(data_status::oob_restart), make_error_code(datanode_errc::restarting));
  EXPECT_EQ(error_of(data_status::error_exists), make_error_code(datanode_errc::other));
  EXPECT_EQ(error_of(data_status::error).detail(), "why");
}

TEST(BlockOpResponse, RefusesImpossibleChecksums) {
  pb::BlockOpResponseProto proto;
  proto.set_status(pb::SUCCESS);
  auto& info = *proto.mutable_readopchecksuminfo();
  info.set_chunkoffset(0);
  info.mutable_checksum()->set_type(pb::CHECKSUM_CRC32C);
  info.mutable_checksum()->set_bytesperchecksum(0);
  const auto code = [&] { return decode_block_op_response(bytes_of(proto.SerializeAsString())).error().code(); };
  EXPECT_EQ(code(), make_error_code(errc::protocol_error));
  info.mutable_checksum()->set_bytesperchecksum(UINT32_MAX);
  EXPECT_EQ(code(), make_error_code(errc::protocol_error));
  info.mutable_checksum()->set_bytesperchecksum(512);
  EXPECT_EQ(code(), boost::system::error_code());
  info.set_chunkoffset(UINT64_MAX);
  EXPECT_EQ(code(), make_error_code(errc::protocol_error));
}

TEST(BlockOpResponse, NullChecksumsMayCoverNoBytes) {
  pb::BlockOpResponseProto proto;
  proto.set_status(pb::SUCCESS);
  auto& info = *proto.mutable_readopchecksuminfo();
  info.set_chunkoffset(7);
  info.mutable_checksum()->set_type(pb::CHECKSUM_NULL);
  info.mutable_checksum()->set_bytesperchecksum(0);
  const auto response = decode_block_op_response(bytes_of(proto.SerializeAsString()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->read_checksum->type, checksum_kind::null);
}

TEST(BlockOpResponse, IsBounded) {
  const std::string huge(max_op_response + 1, '\0');
  EXPECT_EQ(decode_block_op_response(bytes_of(huge)).error(), make_error_code(errc::limit_exceeded));
}

packet_header sample_packet() {
  packet_header header;
  header.offset_in_block = 65536;
  header.sequence = 1;
  header.data_length = 1000;
  header.payload_length = 1008;
  return header;
}

const std::string golden_packet = hex("00 00 03 f4 00 19") +  // 4 + 1008 bytes of payload, 25 of header
                                  hex("09 00 00 01 00 00 00 00 00 11 01 00 00 00 00 00 00 00 18 00 25 e8 03 00 00");

TEST(PacketHeader, HasTheGoldenBytes) {
  EXPECT_EQ(encode_packet_header(sample_packet()), golden_packet);
}

TEST(PacketHeader, IsDecodedWithItsLengths) {
  const auto header = decode_packet_header(bytes_of(golden_packet + "checksums and data"));
  ASSERT_TRUE(header);
  ASSERT_TRUE(*header);
  auto expected = sample_packet();
  expected.encoded_length = 31;
  EXPECT_EQ(**header, expected);
  EXPECT_EQ((*header)->checksum_length(), 8U);
}

TEST(PacketHeader, ComesBackWithEveryField) {
  auto sent = sample_packet();
  sent.sequence = -1;
  sent.last_in_block = true;
  sent.sync_block = true;
  const auto encoded = encode_packet_header(sent);
  const auto header = decode_packet_header(bytes_of(encoded));
  ASSERT_TRUE(header);
  ASSERT_TRUE(*header);
  sent.encoded_length = encoded.size();
  EXPECT_EQ(**header, sent);
}

TEST(PacketHeader, WaitsForEveryByte) {
  for (std::size_t size = 0; size < golden_packet.size(); ++size) {
    const auto header = decode_packet_header(bytes_of(golden_packet).first(size));
    ASSERT_TRUE(header) << size;
    EXPECT_FALSE(*header) << size;
  }
}

TEST(PacketHeader, RefusesImpossibleLengths) {
  const auto code = [](std::string_view text) { return decode_packet_header(bytes_of(hex(text))).error().code(); };
  EXPECT_EQ(code("00 00 00 03"), make_error_code(errc::protocol_error));
  EXPECT_EQ(code("ff ff ff ff"), make_error_code(errc::protocol_error));
  EXPECT_EQ(code("01 00 00 01"), make_error_code(errc::limit_exceeded));
  EXPECT_EQ(code("00 00 00 04 ff ff"), make_error_code(errc::protocol_error));
  EXPECT_EQ(code("00 00 00 04 00 00"), make_error_code(errc::protocol_error));
  EXPECT_EQ(code("00 00 00 04 7f ff"), make_error_code(errc::protocol_error));
}

TEST(PacketHeader, RefusesMoreDataThanPayloadAndNegativeNumbers) {
  auto packet = sample_packet();
  packet.payload_length = packet.data_length - 1;
  EXPECT_EQ(decode_packet_header(bytes_of(encode_packet_header(packet))).error(),
            make_error_code(errc::protocol_error));
  packet = sample_packet();
  packet.offset_in_block = UINT64_MAX;
  EXPECT_EQ(decode_packet_header(bytes_of(encode_packet_header(packet))).error(),
            make_error_code(errc::protocol_error));
  packet = sample_packet();
  packet.data_length = UINT32_MAX;
  EXPECT_EQ(decode_packet_header(bytes_of(encode_packet_header(packet))).error(),
            make_error_code(errc::protocol_error));
}

TEST(ClientReadStatus, HasTheGoldenBytesAndComesBack) {
  EXPECT_EQ(encode_client_read_status(data_status::checksum_ok), hex("02 08 06"));
  EXPECT_EQ(*decode_client_read_status(bytes_of(hex("08 06"))), data_status::checksum_ok);
  EXPECT_FALSE(decode_client_read_status(bytes_of(hex("08 63"))));
}

}  // namespace
}  // namespace hdfsmount::wire
