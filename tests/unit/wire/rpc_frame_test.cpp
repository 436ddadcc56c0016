#include "wire/rpc_frame.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"
#include "proto/ipc_connection_context.pb.h"
#include "proto/rpc_header.pb.h"
#include "wire/proto_codec.hpp"

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::common;

client_id counting_client() {
  client_id id;
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = std::byte(i);
  return id;
}

constexpr std::string_view client_bytes = "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f";

std::string response_frame(const pb::RpcResponseHeaderProto& header, std::string_view payload) {
  std::string out;
  append_delimited(out, header.SerializeAsString());
  append_delimited(out, payload);
  return out;
}

pb::RpcResponseHeaderProto success(std::int32_t call_id) {
  pb::RpcResponseHeaderProto header;
  header.set_callid(static_cast<std::uint32_t>(call_id));
  header.set_status(pb::RpcResponseHeaderProto::SUCCESS);
  return header;
}

TEST(ConnectionHeader, NamesVersionServiceClassAndAuthentication) {
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(encode_connection_header(auth_protocol::none).data()), 7),
            hex("'hrpc' 09 00 00"));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(encode_connection_header(auth_protocol::sasl).data()), 7),
            hex("'hrpc' 09 00 df"));
}

TEST(EncodeCall, HasTheGoldenBytes) {
  const rpc_request_header header(5, counting_client());
  EXPECT_EQ(encode_call(header, client_protocol, "getFileInfo", hex("0a 01 2f")),
            hex("00 00 00 5f") +                                                        // all that follows
                hex("1a 08 02 10 00 18 0a 22 10") + hex(client_bytes) + hex("28 00") +  // kind, op, id, client, retries
                hex("3f 0a 0b 'getFileInfo' 12 2e 'org.apache.hadoop.hdfs.protocol.ClientProtocol' 18 01") +
                hex("03 0a 01 2f"));
}

TEST(EncodeCall, CarriesRetriesCallerAndStates) {
  rpc_request_header header(7, counting_client());
  header.retry_count = 3;
  header.context.emplace("mount:1", "sig");
  header.state_id = 42;
  header.router_federated_state = "rs";
  const auto frame = encode_call(header, client_datanode_protocol, "m", "");
  cursor in(bytes_of(frame));
  EXPECT_EQ(in.big_endian<std::uint32_t>(), frame.size() - 4);
  const auto decoded = decode_message<pb::RpcRequestHeaderProto>(*in.take(*in.varint32()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->callid(), 7);
  EXPECT_EQ(decoded->retrycount(), 3);
  EXPECT_EQ(decoded->callercontext().context(), "mount:1");
  EXPECT_EQ(decoded->callercontext().signature(), "sig");
  EXPECT_EQ(decoded->stateid(), 42);
  EXPECT_EQ(decoded->routerfederatedstate(), "rs");
}

TEST(EncodeCall, LeavesOutWhatIsNotSet) {
  const auto frame = encode_call(rpc_request_header(7, counting_client()), client_protocol, "m", "");
  cursor in(bytes_of(frame).subspan(4));
  const auto decoded = decode_message<pb::RpcRequestHeaderProto>(*in.take(*in.varint32()));
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(decoded->has_callercontext());
  EXPECT_FALSE(decoded->has_stateid());
  EXPECT_FALSE(decoded->has_routerfederatedstate());
}

TEST(ConnectionContext, HasTheGoldenBytes) {
  // Call id -3 is 5 in zigzag, retry count -1 is 1.
  const auto header = hex("1a 08 02 10 00 18 05 22 10") + hex(client_bytes) + hex("28 01");
  EXPECT_EQ(encode_connection_context(counting_client(), "P", "alice", ""),
            hex("00 00 00 28") + header + hex("0c 12 07 0a 05 'alice' 1a 01 'P'"));
  EXPECT_EQ(encode_connection_context(counting_client(), "P", "alice", "svc"),
            hex("00 00 00 2d") + header + hex("11 12 0c 0a 05 'alice' 12 03 'svc' 1a 01 'P'"));
}

TEST(Ping, HasTheGoldenBytes) {
  EXPECT_EQ(encode_ping(counting_client()),
            hex("00 00 00 1b 1a 08 02 10 00 18 07 22 10") + hex(client_bytes) + hex("28 01"));
}

TEST(FrameLength, IsBoundedAndPositive) {
  EXPECT_EQ(*decode_frame_length(bytes_of(hex("00 00 01 00")), 256), 256U);
  EXPECT_EQ(decode_frame_length(bytes_of(hex("00 00 01 01")), 256).error(), make_error_code(errc::limit_exceeded));
  EXPECT_EQ(decode_frame_length(bytes_of(hex("00 00 00 00")), 256).error(), make_error_code(errc::protocol_error));
  EXPECT_EQ(decode_frame_length(bytes_of(hex("ff ff ff ff")), 256).error(), make_error_code(errc::protocol_error));
  EXPECT_EQ(decode_frame_length(bytes_of(hex("00 00 01")), 256).error(), make_error_code(errc::protocol_error));
}

TEST(FrameLength, RecognisesAWebServer) {
  const auto answer = decode_frame_length(bytes_of("HTTP"), max_response_length);
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail().find("web server"), std::string_view::npos);
}

TEST(DecodeResponse, GivesHeaderAndPayload) {
  auto header = success(12);
  header.set_stateid(-7);
  header.set_routerfederatedstate("rs");
  const auto frame = response_frame(header, "payload");
  const auto response = decode_response(bytes_of(frame));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header.call_id, 12);
  EXPECT_EQ(response->header.status, rpc_status::success);
  EXPECT_EQ(response->header.state_id, -7);
  EXPECT_EQ(response->header.router_federated_state, "rs");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(response->payload.data()), response->payload.size()), "payload");
}

TEST(DecodeResponse, AcceptsTheGoldenBytesOfAnEmptyResult) {
  const auto response = decode_response(bytes_of(hex("04 08 05 10 00 00")));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header.call_id, 5);
  EXPECT_FALSE(response->header.state_id);
  EXPECT_TRUE(response->payload.empty());
}

TEST(DecodeResponse, KnowsNegativeCallIds) {
  const auto frame = response_frame(success(sasl_call_id), "x");
  const auto response = decode_response(bytes_of(frame));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header.call_id, sasl_call_id);
}

TEST(DecodeResponse, GivesTheExceptionOfAFailedCall) {
  auto header = success(3);
  header.set_status(pb::RpcResponseHeaderProto::ERROR);
  header.set_exceptionclassname("org.apache.hadoop.ipc.StandbyException");
  header.set_errormsg(std::string(100'000, 'x'));
  header.set_errordetail(pb::RpcResponseHeaderProto::ERROR_RPC_SERVER);
  std::string frame;
  append_delimited(frame, header.SerializeAsString());
  const auto response = decode_response(bytes_of(frame));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header.status, rpc_status::error);
  EXPECT_EQ(response->header.exception_class, "org.apache.hadoop.ipc.StandbyException");
  EXPECT_EQ(response->header.message.size(), 16U * 1024);
  EXPECT_EQ(response->header.error_detail, rpc_error_code::rpc_server);
}

TEST(DecodeResponse, AnErrorCodeOfANewerServerIsUnspecified) {
  const auto response = decode_response(bytes_of(hex("06 08 05 10 02 30 63")));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header.status, rpc_status::fatal);
  EXPECT_EQ(response->header.error_detail, rpc_error_code::unspecified);
}

TEST(DecodeResponse, RefusesEveryTruncationAndTrailingBytes) {
  const auto frame = response_frame(success(12), "payload");
  for (std::size_t size = 0; size < frame.size(); ++size)
    EXPECT_EQ(decode_response(bytes_of(frame).first(size)).error(), make_error_code(errc::protocol_error)) << size;
  EXPECT_EQ(decode_response(bytes_of(frame + "x")).error(), make_error_code(errc::protocol_error));
}

TEST(Sasl, NegotiateHasTheGoldenBytes) {
  // No client id, call id -33 is 65 in zigzag.
  EXPECT_EQ(encode_sasl(sasl_message(sasl_state::negotiate)),
            hex("00 00 00 0e 0a 08 02 10 00 18 41 22 00 28 01 02 10 01"));
}

TEST(Sasl, AMessageComesBackAsItWasSent) {
  sasl_message message(sasl_state::initiate);
  message.token = "";
  message.auths.emplace_back("TOKEN", "DIGEST-MD5", "", "default");
  message.auths.emplace_back("KERBEROS", "GSSAPI", "nn", "host", "challenge");
  message.auths.emplace_back("SIMPLE", "");
  const auto frame = encode_sasl(message);
  cursor in(bytes_of(frame).subspan(4));
  ASSERT_TRUE(in.take(*in.varint32()));
  const auto decoded = decode_sasl(*in.take(*in.varint32()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, message);
}

TEST(Sasl, TooManyOffersAreRefused) {
  pb::RpcSaslProto proto;
  proto.set_state(pb::RpcSaslProto::NEGOTIATE);
  for (int i = 0; i < 65; ++i) {
    proto.add_auths()->set_method("");
    proto.mutable_auths(i)->set_mechanism("");
  }
  EXPECT_EQ(decode_sasl(bytes_of(proto.SerializeAsString())).error(), make_error_code(errc::limit_exceeded));
  proto.mutable_auths()->RemoveLast();
  EXPECT_TRUE(decode_sasl(bytes_of(proto.SerializeAsString())));
}

}  // namespace
}  // namespace hdfsmount::wire
