#include "wire/short_circuit.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"
#include "proto/data_transfer.pb.h"
#include "wire/proto_codec.hpp"

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::hdfs;

extended_block sample_block() {
  return {"BP-1", block_id(300), generation_stamp(2), 4096};
}

TEST(ShortCircuit, RequestForFilesHasTheGoldenBytes) {
  EXPECT_EQ(encode_request_files(sample_block(), token("i", "p", "k", "s"), slot_id(segment_id(1, -1), 5)),
            hex("00 1c 57 37") +                                                   // version 28, operation 87, 55 bytes
                hex("0a 1e 0a 0e 0a 04 'BP-1' 10 ac 02 18 02 20 80 20") +          // header with block
                hex("12 0c 0a 01 'i' 12 01 'p' 1a 01 'k' 22 01 's'") +             // token
                hex("10 01") +                                                     // format of replicas
                hex("1a 11 0a 0d 08 01 10 ff ff ff ff ff ff ff ff ff 01 10 05") +  // slot
                hex("20 01"));                                                     // a receipt can be given
  const auto without = encode_request_files(sample_block(), token(), std::nullopt);
  EXPECT_EQ(without.find(hex("1a 11")), std::string::npos);
}

TEST(ShortCircuit, RequestsForSegmentsAndReleasesHaveTheGoldenBytes) {
  EXPECT_EQ(encode_request_segment("me"), hex("00 1c 59 04 0a 02 'me'"));
  EXPECT_EQ(encode_release_slot(slot_id(segment_id(1, 2), 127)), hex("00 1c 58 0a 0a 08 0a 04 08 01 10 02 10 7f"));
}

TEST(ShortCircuit, SegmentResponseIsAnIdOrARefusal) {
  pb::ShortCircuitShmResponseProto proto;
  proto.set_status(pb::SUCCESS);
  EXPECT_EQ(decode_segment_response(as_byte_span(encode_message(proto))).error(),
            make_error_code(errc::protocol_error));
  proto.mutable_id()->set_hi(-7);
  proto.mutable_id()->set_lo(8);
  EXPECT_EQ(decode_segment_response(as_byte_span(encode_message(proto))).value(), segment_id(-7, 8));
  proto.set_status(pb::ERROR_UNSUPPORTED);
  proto.set_error("no shared memory here");
  const auto refused = decode_segment_response(as_byte_span(encode_message(proto)));
  EXPECT_EQ(refused.error(), make_error_code(datanode_errc::unsupported));
  EXPECT_EQ(refused.error().detail(), "no shared memory here");
}

TEST(ShortCircuit, ReleaseResponseIsSuccessOrARefusal) {
  pb::ReleaseShortCircuitAccessResponseProto proto;
  proto.set_status(pb::SUCCESS);
  EXPECT_TRUE(decode_release_response(as_byte_span(encode_message(proto))));
  proto.set_status(pb::ERROR_INVALID);
  EXPECT_EQ(decode_release_response(as_byte_span(encode_message(proto))).error(),
            make_error_code(datanode_errc::refused));
  EXPECT_EQ(decode_release_response(as_byte_span("\xff")).error(), make_error_code(errc::protocol_error));
}

TEST(ShortCircuit, ChecksumFileHeader) {
  const auto decode = [](const std::string& bytes) { return decode_checksum_file_header(as_byte_span(bytes)); };
  const auto usual = decode(hex("00 01 02 00 00 02 00 ff"));
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->kind, checksum_kind::crc32c);
  EXPECT_EQ(usual->bytes_per_checksum, 512U);
  EXPECT_EQ(decode(hex("00 01 00 00 00 00 00")).value().kind, checksum_kind::null);
  EXPECT_EQ(decode(hex("00 01 02 00 00 02")).error(), make_error_code(errc::protocol_error)) << "cut short";
  EXPECT_EQ(decode(hex("00 02 02 00 00 02 00")).error(), make_error_code(errc::unsupported)) << "another version";
  EXPECT_EQ(decode(hex("00 01 03 00 00 02 00")).error(), make_error_code(errc::unsupported)) << "another kind";
  EXPECT_EQ(decode(hex("00 01 02 00 00 00 00")).error(), make_error_code(errc::unsupported)) << "empty chunks";
  EXPECT_EQ(decode(hex("00 01 02 ff ff ff ff")).error(), make_error_code(errc::unsupported)) << "huge chunks";
}

}  // namespace
}  // namespace hdfsmount::wire
