#include "wire/data_transfer.hpp"

#include "promise.hpp"
#include "targets.hpp"
#include "wire/short_circuit.hpp"

namespace hdfsmount::fuzz {
namespace {

constexpr std::size_t longest_header = 6 + 256;

result<std::optional<wire::packet_header>> decode(byte_span bytes) {
  return within_memory(flat_memory, 0, 0, [&] { return wire::decode_packet_header(bytes); });
}

void check(const wire::packet_header& header, byte_span input) {
  promise(header.encoded_length <= input.size() && header.encoded_length <= longest_header, "a header has an end");
  promise(header.data_length <= header.payload_length, "a packet's data is a part of it");
  promise(header.payload_length <= wire::max_packet_size, "a packet is bounded");
  promise(header.offset_in_block <= INT64_MAX, "an offset is not negative");
}

}  // namespace

void packet_header(byte_span input) {
  const auto header = decode(input);
  if (!header) return;
  const auto length = *header ? (*header)->encoded_length : std::min(input.size(), longest_header);
  for (std::size_t cut = 0; cut < length; ++cut) {
    const auto early = decode(input.first(cut));
    promise(early && !*early, "a header that is cut short is waited for");
  }
  if (!*header) return;
  check(**header, input);
  const auto encoded = wire::encode_packet_header(**header);
  auto again = decode(std::as_bytes(std::span(encoded)));
  promise(again && *again, "a header survives being sent");
  (*again)->encoded_length = (*header)->encoded_length;
  promise(**again == **header, "a header survives being sent");
}

void op_response(byte_span input) {
  const auto response =
      within_memory(flat_memory, flat_factor, input.size(), [&] { return wire::decode_block_op_response(input); });
  if (response) {
    promise(response->status <= wire::data_status::error_block_pinned, "a status is one of ours");
    promise(response->message.size() <= 16 * 1024 && response->first_bad_link.size() <= 16 * 1024, "texts are cut");
    promise(wire::check_status(*response).has_value() == (response->status == wire::data_status::success),
            "only success is success");
    if (const auto& info = response->read_checksum) {
      promise(info->type <= wire::checksum_kind::crc32c, "a checksum type is one of ours");
      promise(info->type == wire::checksum_kind::null ||
                  (info->bytes_per_checksum > 0 && info->bytes_per_checksum <= wire::max_packet_size),
              "a chunk has a sensible size");
      promise(info->chunk_offset <= INT64_MAX, "an offset is not negative");
    }
  }
  const auto status =
      within_memory(flat_memory, flat_factor, input.size(), [&] { return wire::decode_client_read_status(input); });
  if (status) promise(*status <= wire::data_status::error_block_pinned, "a status is one of ours");
}

void short_circuit_answers(byte_span input) {
  const auto segment =
      within_memory(flat_memory, flat_factor, input.size(), [&] { return wire::decode_segment_response(input); });
  if (!segment) promise(segment.error().detail().size() <= 17 * 1024, "texts are cut");
  const auto released =
      within_memory(flat_memory, flat_factor, input.size(), [&] { return wire::decode_release_response(input); });
  if (!released) promise(released.error().detail().size() <= 17 * 1024, "texts are cut");
  const auto header = within_memory(flat_memory, 0, 0, [&] { return wire::decode_checksum_file_header(input); });
  if (!header) return;
  promise(input.size() >= wire::checksum_file_header::size, "a header has an end");
  promise(header->kind <= wire::checksum_kind::crc32c, "a checksum type is one of ours");
  promise(header->kind == wire::checksum_kind::null ||
              (header->bytes_per_checksum > 0 && header->bytes_per_checksum <= 1024 * 1024),
          "a chunk has a sensible size");
}

}  // namespace hdfsmount::fuzz
