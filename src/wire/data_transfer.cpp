#include "wire/data_transfer.hpp"

#include <fmt/format.h>

#include "proto/data_transfer.pb.h"
#include "wire/convert.hpp"
#include "wire/element_budget.hpp"
#include "wire/operation.hpp"
#include "wire/proto_codec.hpp"

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::hdfs;

constexpr std::int8_t read_block_code = 81;
constexpr std::size_t lengths_size = 6;  // payload length and header length
constexpr std::size_t payload_length_size = 4;
constexpr std::size_t longest_packet_header = 256;  // five fixed-width fields and room for later ones

// Of BlockOpResponseProto: what holds messages.
constexpr message_shape checksum_info_shape[] = {{1, {}}};
constexpr message_shape op_response_shape[] = {{4, checksum_info_shape}};
constexpr std::size_t most_elements = 16;

error broken(std::string what) {
  return {errc::protocol_error, std::move(what)};
}

result<read_checksum_info> checksum_info(const pb::ReadOpChecksumInfoProto& proto) {
  read_checksum_info info;
  info.type = to_model(proto.checksum().type());
  info.bytes_per_checksum = proto.checksum().bytesperchecksum();
  if (info.type != checksum_kind::null && (info.bytes_per_checksum == 0 || info.bytes_per_checksum > max_packet_size))
    return broken(fmt::format("{} bytes per checksum", info.bytes_per_checksum));
  const auto offset = non_negative(proto.chunkoffset(), "chunk offset");
  if (!offset) return offset.error();
  info.chunk_offset = *offset;
  return info;
}

result<packet_header> packet(const pb::PacketHeaderProto& proto, std::size_t payload) {
  packet_header header;
  if (proto.offsetinblock() < 0 || proto.datalen() < 0 || static_cast<std::size_t>(proto.datalen()) > payload)
    return broken(fmt::format("packet with {} bytes of data at {}, {} announced", proto.datalen(),
                              proto.offsetinblock(), payload));
  header.offset_in_block = static_cast<std::uint64_t>(proto.offsetinblock());
  header.sequence = proto.seqno();
  header.last_in_block = proto.lastpacketinblock();
  header.sync_block = proto.syncblock();
  header.data_length = static_cast<std::size_t>(proto.datalen());
  header.payload_length = payload;
  return header;
}

datanode_errc to_error(data_status status) {
  switch (status) {
    case data_status::error:
    case data_status::error_invalid:
      return datanode_errc::refused;
    case data_status::error_access_token:
      return datanode_errc::access_token;
    case data_status::error_checksum:
      return datanode_errc::checksum;
    case data_status::error_unsupported:
      return datanode_errc::unsupported;
    case data_status::oob_restart:
      return datanode_errc::restarting;
    default:
      return datanode_errc::other;
  }
}

}  // namespace

std::string encode_read_block(const read_block_request& request) {
  pb::OpReadBlockProto proto;
  auto& base = *proto.mutable_header()->mutable_baseheader();
  to_proto(request.block, *base.mutable_block());
  to_proto(request.access_token, *base.mutable_token());
  proto.mutable_header()->set_clientname(request.client_name);
  proto.set_offset(request.offset);
  proto.set_len(request.length);
  proto.set_sendchecksums(request.send_checksums);
  if (request.drop_behind) proto.mutable_cachingstrategy()->set_dropbehind(*request.drop_behind);
  if (request.readahead) proto.mutable_cachingstrategy()->set_readahead(*request.readahead);
  return encode_operation(read_block_code, proto);
}

result<block_op_response> decode_block_op_response(byte_span message) {
  if (message.size() > max_op_response) return error(errc::limit_exceeded, "DataNode's answer too long");
  if (auto bounded = check_element_budget(message, op_response_shape, most_elements); !bounded) return bounded.error();
  const auto proto = decode_message<pb::BlockOpResponseProto>(message);
  if (!proto) return proto.error();
  block_op_response response;
  response.status = static_cast<data_status>(proto->status());
  response.message = proto->message().substr(0, longest_server_text);
  response.first_bad_link = proto->firstbadlink().substr(0, longest_server_text);
  if (proto->has_readopchecksuminfo()) {
    auto info = checksum_info(proto->readopchecksuminfo());
    if (!info) return info.error();
    response.read_checksum = *info;
  }
  if (proto->has_shortcircuitaccessversion()) response.short_circuit_version = proto->shortcircuitaccessversion();
  return response;
}

result<void> check_status(data_status status, const std::string& message) {
  if (status == data_status::success) return {};
  return error(to_error(status), message.empty() ? fmt::format("status {}", static_cast<int>(status)) : message);
}

result<std::optional<packet_header>> decode_packet_header(byte_span bytes) {
  cursor in(bytes);
  const auto payload = in.big_endian<std::int32_t>();
  if (!payload) return std::optional<packet_header>();
  if (*payload < static_cast<std::int32_t>(payload_length_size))
    return broken(fmt::format("packet length {}", *payload));
  if (static_cast<std::size_t>(*payload) > max_packet_size)
    return error(errc::limit_exceeded, fmt::format("packet of {} bytes", *payload));
  const auto length = in.big_endian<std::int16_t>();
  if (!length) return std::optional<packet_header>();
  if (*length <= 0 || static_cast<std::size_t>(*length) > longest_packet_header)
    return broken(fmt::format("packet header of {} bytes", *length));
  const auto encoded = in.take(static_cast<std::size_t>(*length));
  if (!encoded) return std::optional<packet_header>();
  const auto proto = decode_message<pb::PacketHeaderProto>(*encoded);
  if (!proto) return proto.error();
  auto header = packet(*proto, static_cast<std::size_t>(*payload) - payload_length_size);
  if (!header) return header.error();
  header->encoded_length = lengths_size + encoded->size();
  return std::optional(*header);
}

std::string encode_packet_header(const packet_header& header) {
  pb::PacketHeaderProto proto;
  proto.set_offsetinblock(static_cast<std::int64_t>(header.offset_in_block));
  proto.set_seqno(header.sequence);
  proto.set_lastpacketinblock(header.last_in_block);
  proto.set_datalen(static_cast<std::int32_t>(header.data_length));
  if (header.sync_block) proto.set_syncblock(true);
  const auto encoded = encode_message(proto);
  std::string out;
  append_big_endian(out, static_cast<std::uint32_t>(payload_length_size + header.payload_length));
  append_big_endian(out, static_cast<std::uint16_t>(encoded.size()));
  return out + encoded;
}

std::string encode_client_read_status(data_status status) {
  pb::ClientReadStatusProto proto;
  proto.set_status(static_cast<pb::Status>(status));
  std::string out;
  append_delimited(out, encode_message(proto));
  return out;
}

result<data_status> decode_client_read_status(byte_span message) {
  const auto proto = decode_message<pb::ClientReadStatusProto>(message);
  if (!proto) return proto.error();
  return static_cast<data_status>(proto->status());
}

}  // namespace hdfsmount::wire
