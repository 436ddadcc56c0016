#include "wire/short_circuit.hpp"

#include <fmt/format.h>

#include "proto/data_transfer.pb.h"
#include "wire/convert.hpp"
#include "wire/data_transfer.hpp"
#include "wire/element_budget.hpp"
#include "wire/operation.hpp"

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::hdfs;

constexpr std::int8_t request_files_code = 87;
constexpr std::int8_t release_files_code = 88;
constexpr std::int8_t request_segment_code = 89;
constexpr std::uint32_t replica_format = 1;  // of data and checksum file; there has never been another one
constexpr std::uint32_t largest_chunk = 1024 * 1024;

// Of ShortCircuitShmResponseProto: what holds messages.
constexpr message_shape segment_response_shape[] = {{3, {}}};
constexpr std::size_t most_elements = 16;

void to_proto(const slot_id& slot, pb::ShortCircuitShmSlotProto& proto) {
  proto.mutable_shmid()->set_hi(slot.segment.high);
  proto.mutable_shmid()->set_lo(slot.segment.low);
  proto.set_slotidx(static_cast<std::int32_t>(slot.index));
}

}  // namespace

std::string encode_request_files(const extended_block& block, const token& access_token,
                                 const std::optional<slot_id>& slot) {
  pb::OpRequestShortCircuitAccessProto proto;
  to_proto(block, *proto.mutable_header()->mutable_block());
  to_proto(access_token, *proto.mutable_header()->mutable_token());
  proto.set_maxversion(replica_format);
  if (slot) to_proto(*slot, *proto.mutable_slotid());
  proto.set_supportsreceiptverification(true);
  return encode_operation(request_files_code, proto);
}

std::string encode_request_segment(const std::string& client_name) {
  pb::ShortCircuitShmRequestProto proto;
  proto.set_clientname(client_name);
  return encode_operation(request_segment_code, proto);
}

std::string encode_release_slot(const slot_id& slot) {
  pb::ReleaseShortCircuitAccessRequestProto proto;
  to_proto(slot, *proto.mutable_slotid());
  return encode_operation(release_files_code, proto);
}

result<segment_id> decode_segment_response(byte_span message) {
  if (message.size() > max_op_response) return error(errc::limit_exceeded, "DataNode's answer too long");
  if (auto bounded = check_element_budget(message, segment_response_shape, most_elements); !bounded)
    return bounded.error();
  const auto proto = decode_message<pb::ShortCircuitShmResponseProto>(message);
  if (!proto) return proto.error();
  const auto ok =
      check_status(static_cast<data_status>(proto->status()), proto->error().substr(0, longest_server_text));
  if (!ok) return ok.error();
  if (!proto->has_id()) return error(errc::protocol_error, "a shared memory segment without an id");
  return segment_id(proto->id().hi(), proto->id().lo());
}

result<void> decode_release_response(byte_span message) {
  if (message.size() > max_op_response) return error(errc::limit_exceeded, "DataNode's answer too long");
  const auto proto = decode_message<pb::ReleaseShortCircuitAccessResponseProto>(message);
  if (!proto) return proto.error();
  return check_status(static_cast<data_status>(proto->status()), proto->error().substr(0, longest_server_text));
}

result<checksum_file_header> decode_checksum_file_header(byte_span bytes) {
  cursor in(bytes);
  const auto version = in.big_endian<std::uint16_t>();
  const auto kind = in.big_endian<std::uint8_t>();
  const auto chunk = in.big_endian<std::uint32_t>();
  if (!version || !kind || !chunk) return error(errc::protocol_error, "a checksum file ends in its header");
  if (*version != replica_format || *kind > static_cast<std::uint8_t>(checksum_kind::crc32c))
    return error(errc::unsupported, fmt::format("checksum file of version {}, kind {}", *version, *kind));
  checksum_file_header out;
  out.kind = static_cast<checksum_kind>(*kind);
  out.bytes_per_checksum = *chunk;
  if (out.kind != checksum_kind::null && (*chunk == 0 || *chunk > largest_chunk))
    return error(errc::unsupported, fmt::format("checksum file with {} bytes per checksum", *chunk));
  return out;
}

}  // namespace hdfsmount::wire
