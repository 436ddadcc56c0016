#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/cursor.hpp"
#include "base/result.hpp"
#include "wire/model.hpp"

/// Requests and answers of the calls we make to NameNodes (ClientProtocol) and to DataNodes' RPC ports
/// (ClientDatanodeProtocol). An encoder gives the request message for encode_call(), a decoder takes the payload of the
/// response. Paths are absolute and valid UTF-8.
///
/// Errors of decoders: errc::protocol_error when the answer is malformed or breaks what model.hpp promises,
/// errc::limit_exceeded when it holds more elements than any sensible server sends.
namespace hdfsmount::wire {

/// Nothing: there is no such name. The status's own name is empty.
std::string encode_get_file_info(std::string_view path);
result<std::optional<file_status>> decode_get_file_info(byte_span payload);

/// As getFileInfo, but a symbolic link at the end of the path is not followed.
std::string encode_get_file_link_info(std::string_view path);
result<std::optional<file_status>> decode_get_file_link_info(byte_span payload);

/// Names after `start_after` (empty: all). Locations cost the NameNode time and make pages short. Nothing: there is no
/// such directory.
std::string encode_get_listing(std::string_view path, std::string_view start_after, bool with_locations);
result<std::optional<directory_page>> decode_get_listing(byte_span payload);

/// The blocks with bytes of [offset, offset + length), the only call that checks the caller's right to read. Both fit a
/// signed 64-bit integer. Nothing: there is no such file.
std::string encode_get_block_locations(std::string_view path, std::uint64_t offset, std::uint64_t length);
result<std::optional<located_blocks>> decode_get_block_locations(byte_span payload);

/// Nothing: the path is no symbolic link.
std::string encode_get_link_target(std::string_view path);
result<std::optional<std::string>> decode_get_link_target(byte_span payload);

std::string encode_get_fs_stats();
result<fs_stats> decode_get_fs_stats(byte_span payload);

std::string encode_get_server_defaults();
result<server_defaults> decode_get_server_defaults(byte_span payload);

/// Each block with just the replicas that are bad.
std::string encode_report_bad_blocks(std::span<const located_block> blocks);
result<void> decode_report_bad_blocks(byte_span payload);

/// Asked of a DataNode: bytes of a block under construction that readers may see.
std::string encode_get_replica_visible_length(const extended_block& block);
result<std::uint64_t> decode_get_replica_visible_length(byte_span payload);

}  // namespace hdfsmount::wire
