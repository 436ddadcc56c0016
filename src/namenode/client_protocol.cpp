#include "namenode/client_protocol.hpp"

#include "wire/namenode_messages.hpp"

namespace hdfsmount::namenode {
namespace {

/// The decoded answer of a call that always has one.
template <class T>
result<T> decoded(const result<rpc::reply>& answer, result<T> (*decode)(byte_span)) {
  if (!answer) return answer.error();
  return decode(answer->payload);
}

/// The decoded answer of a call whose empty answer means that there is no such thing.
template <class T>
result<T> found(const result<rpc::reply>& answer, result<std::optional<T>> (*decode)(byte_span), std::string_view path,
                namenode_errc otherwise = namenode_errc::not_found) {
  if (!answer) return answer.error();
  auto value = decode(answer->payload);
  if (!value) return value.error();
  if (!*value) return error(otherwise, std::string(path));
  return std::move(**value);
}

}  // namespace

async::task<result<wire::file_status>> client_protocol::get_file_info(call_context context, std::string path,
                                                                      patience how) {
  const auto answer = co_await proxy_.call(std::move(context), "getFileInfo", wire::encode_get_file_info(path), how);
  co_return found(answer, wire::decode_get_file_info, path);
}

async::task<result<wire::file_status>> client_protocol::get_file_link_info(call_context context, std::string path) {
  const auto answer =
      co_await proxy_.call(std::move(context), "getFileLinkInfo", wire::encode_get_file_link_info(path));
  co_return found(answer, wire::decode_get_file_link_info, path);
}

async::task<result<wire::directory_page>> client_protocol::get_listing(call_context context, std::string path,
                                                                       std::string start_after, bool with_locations) {
  const auto answer = co_await proxy_.call(std::move(context), "getListing",
                                           wire::encode_get_listing(path, start_after, with_locations));
  co_return found(answer, wire::decode_get_listing, path);
}

async::task<result<wire::located_blocks>> client_protocol::get_block_locations(call_context context, std::string path,
                                                                               std::uint64_t offset,
                                                                               std::uint64_t length) {
  const auto answer = co_await proxy_.call(std::move(context), "getBlockLocations",
                                           wire::encode_get_block_locations(path, offset, length));
  co_return found(answer, wire::decode_get_block_locations, path);
}

async::task<result<wire::fs_stats>> client_protocol::get_fs_stats(call_context context) {
  const auto answer = co_await proxy_.call(std::move(context), "getFsStats", wire::encode_get_fs_stats());
  co_return decoded(answer, wire::decode_get_fs_stats);
}

async::task<result<wire::server_defaults>> client_protocol::get_server_defaults(call_context context) {
  const auto answer = co_await proxy_.call(std::move(context), "getServerDefaults", wire::encode_get_server_defaults());
  co_return decoded(answer, wire::decode_get_server_defaults);
}

async::task<result<std::string>> client_protocol::get_link_target(call_context context, std::string path) {
  const auto answer = co_await proxy_.call(std::move(context), "getLinkTarget", wire::encode_get_link_target(path));
  co_return found(answer, wire::decode_get_link_target, path, namenode_errc::invalid_argument);
}

async::task<result<void>> client_protocol::report_bad_blocks(call_context context,
                                                             std::vector<wire::located_block> blocks) {
  const auto answer =
      co_await proxy_.call(std::move(context), "reportBadBlocks", wire::encode_report_bad_blocks(blocks));
  co_return decoded(answer, wire::decode_report_bad_blocks);
}

}  // namespace hdfsmount::namenode
