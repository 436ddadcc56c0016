#include "wire/namenode_messages.hpp"

#include <fmt/format.h>
#include <google/protobuf/arena.h>

#include <algorithm>
#include <array>

#include "proto/client_datanode.pb.h"
#include "proto/client_namenode.pb.h"
#include "wire/convert.hpp"
#include "wire/element_budget.hpp"
#include "wire/proto_codec.hpp"

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::hdfs;

// A thousand files with a few blocks each are some 30,000 elements, as are the locations of 3,000 blocks.
constexpr std::size_t most_elements = 1'000'000;

// Field numbers of what costs memory: messages, repeated strings, packed lists.
constexpr std::array<message_shape, 1> datanode_shape{{{1, {}}}};
constexpr std::array<message_shape, 6> block_shape{{{1, {}}, {3, datanode_shape}, {5, {}}, {6, {}}, {7, {}}, {8, {}}}};
constexpr std::array<message_shape, 4> blocks_shape{{{2, block_shape}, {4, block_shape}, {6, {}}, {7, {}}}};
constexpr std::array<message_shape, 4> status_shape{{{4, {}}, {12, blocks_shape}, {15, {}}, {17, {}}}};
constexpr std::array<message_shape, 1> listing_shape{{{1, status_shape}}};
constexpr std::array<message_shape, 1> file_info_response{{{1, status_shape}}};
constexpr std::array<message_shape, 1> listing_response{{{1, listing_shape}}};
constexpr std::array<message_shape, 1> locations_response{{{1, blocks_shape}}};
constexpr std::array<message_shape, 1> server_defaults_response{{{1, {}}}};

error broken(std::string what) {
  return {errc::protocol_error, std::move(what)};
}

/// Parses into `arena`, which owns the message.
template <class Proto>
result<const Proto*> decode_bounded(byte_span payload, std::span<const message_shape> shape,
                                    google::protobuf::Arena& arena) {
  if (auto bounded = check_element_budget(payload, shape, most_elements); !bounded) return bounded.error();
  auto* message = google::protobuf::Arena::CreateMessage<Proto>(&arena);
  if (auto decoded = decode_message_into(payload, *message); !decoded) return decoded.error();
  return message;
}

template <class Request>
std::string encode_source(std::string_view path) {
  Request request;
  request.set_src(path.data(), path.size());
  return encode_message(request);
}

template <class Response>
result<std::optional<file_status>> decode_status(byte_span payload) {
  google::protobuf::Arena arena;
  const auto response = decode_bounded<Response>(payload, file_info_response, arena);
  if (!response) return response.error();
  if (!(*response)->has_fs()) return std::optional<file_status>();
  auto status = to_model((*response)->fs());
  if (!status) return status.error();
  return std::optional(std::move(*status));
}

bool can_be_entry(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

result<directory_page> page_of(const pb::DirectoryListingProto& proto) {
  directory_page page;
  page.remaining = proto.remainingentries();
  if (proto.partiallisting_size() == 0 && page.remaining > 0) return broken("a page without names but more to come");
  page.entries.reserve(static_cast<std::size_t>(proto.partiallisting_size()));
  for (const auto& entry : proto.partiallisting()) {
    auto status = to_model(entry);
    if (!status) return status.error();
    const bool is_itself = status->name.empty() && !status->is_directory() && proto.partiallisting_size() == 1;
    if (!is_itself && !can_be_entry(status->name))
      return broken(fmt::format("impossible name \"{}\" in a directory", printable(status->name, 100)));
    page.entries.push_back(std::move(*status));
  }
  return page;
}

/// Java's -1 for "not known" becomes 0.
std::uint64_t known_or_zero(std::uint64_t number) {
  return number > INT64_MAX ? 0 : number;
}

}  // namespace

std::string encode_get_file_info(std::string_view path) {
  return encode_source<pb::GetFileInfoRequestProto>(path);
}

result<std::optional<file_status>> decode_get_file_info(byte_span payload) {
  return decode_status<pb::GetFileInfoResponseProto>(payload);
}

std::string encode_get_file_link_info(std::string_view path) {
  return encode_source<pb::GetFileLinkInfoRequestProto>(path);
}

result<std::optional<file_status>> decode_get_file_link_info(byte_span payload) {
  return decode_status<pb::GetFileLinkInfoResponseProto>(payload);
}

std::string encode_get_listing(std::string_view path, std::string_view start_after, bool with_locations) {
  pb::GetListingRequestProto request;
  request.set_src(path.data(), path.size());
  request.set_startafter(start_after.data(), start_after.size());
  request.set_needlocation(with_locations);
  return encode_message(request);
}

result<std::optional<directory_page>> decode_get_listing(byte_span payload) {
  google::protobuf::Arena arena;
  const auto response = decode_bounded<pb::GetListingResponseProto>(payload, listing_response, arena);
  if (!response) return response.error();
  if (!(*response)->has_dirlist()) return std::optional<directory_page>();
  auto page = page_of((*response)->dirlist());
  if (!page) return page.error();
  return std::optional(std::move(*page));
}

std::string encode_get_block_locations(std::string_view path, std::uint64_t offset, std::uint64_t length) {
  pb::GetBlockLocationsRequestProto request;
  request.set_src(path.data(), path.size());
  request.set_offset(offset);
  request.set_length(length);
  return encode_message(request);
}

result<std::optional<located_blocks>> decode_get_block_locations(byte_span payload) {
  google::protobuf::Arena arena;
  const auto response = decode_bounded<pb::GetBlockLocationsResponseProto>(payload, locations_response, arena);
  if (!response) return response.error();
  if (!(*response)->has_locations()) return std::optional<located_blocks>();
  auto located = to_model((*response)->locations());
  if (!located) return located.error();
  return std::optional(std::move(*located));
}

std::string encode_get_link_target(std::string_view path) {
  pb::GetLinkTargetRequestProto request;
  request.set_path(path.data(), path.size());
  return encode_message(request);
}

result<std::optional<std::string>> decode_get_link_target(byte_span payload) {
  auto response = decode_message<pb::GetLinkTargetResponseProto>(payload);
  if (!response) return response.error();
  if (!response->has_targetpath()) return std::optional<std::string>();
  return std::optional(std::move(*response->mutable_targetpath()));
}

std::string encode_get_fs_stats() {
  return encode_message(pb::GetFsStatusRequestProto());
}

result<fs_stats> decode_get_fs_stats(byte_span payload) {
  const auto response = decode_message<pb::GetFsStatsResponseProto>(payload);
  if (!response) return response.error();
  fs_stats stats;
  stats.capacity = known_or_zero(response->capacity());
  stats.used = known_or_zero(response->used());
  stats.remaining = known_or_zero(response->remaining());
  stats.under_replicated_blocks = known_or_zero(response->under_replicated());
  stats.corrupt_blocks = known_or_zero(response->corrupt_blocks());
  stats.missing_blocks = known_or_zero(response->missing_blocks());
  return stats;
}

std::string encode_get_server_defaults() {
  return encode_message(pb::GetServerDefaultsRequestProto());
}

result<server_defaults> decode_get_server_defaults(byte_span payload) {
  google::protobuf::Arena arena;
  const auto response = decode_bounded<pb::GetServerDefaultsResponseProto>(payload, server_defaults_response, arena);
  if (!response) return response.error();
  const auto& proto = (*response)->serverdefaults();
  const auto block_size = non_negative(proto.blocksize(), "block size");
  if (!block_size) return block_size.error();
  if (proto.replication() > INT16_MAX) return broken(fmt::format("replication {}", proto.replication()));
  server_defaults defaults;
  defaults.block_size = *block_size;
  defaults.bytes_per_checksum = proto.bytesperchecksum();
  defaults.write_packet_size = proto.writepacketsize();
  defaults.replication = static_cast<std::uint16_t>(proto.replication());
  defaults.file_buffer_size = proto.filebuffersize();
  defaults.encrypt_data_transfer = proto.encryptdatatransfer();
  defaults.checksum = to_model(proto.checksumtype());
  defaults.key_provider_uri = proto.keyprovideruri();
  return defaults;
}

std::string encode_report_bad_blocks(std::span<const located_block> blocks) {
  pb::ReportBadBlocksRequestProto request;
  for (const auto& block : blocks) to_proto(block, *request.add_blocks());
  return encode_message(request);
}

result<void> decode_report_bad_blocks(byte_span payload) {
  pb::ReportBadBlocksResponseProto response;
  return decode_message_into(payload, response);
}

std::string encode_get_replica_visible_length(const extended_block& block) {
  pb::GetReplicaVisibleLengthRequestProto request;
  to_proto(block, *request.mutable_block());
  return encode_message(request);
}

result<std::uint64_t> decode_get_replica_visible_length(byte_span payload) {
  const auto response = decode_message<pb::GetReplicaVisibleLengthResponseProto>(payload);
  if (!response) return response.error();
  return non_negative(response->length(), "visible length");
}

}  // namespace hdfsmount::wire
