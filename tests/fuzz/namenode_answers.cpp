#include <string_view>

#include "model_checks.hpp"
#include "promise.hpp"
#include "targets.hpp"
#include "wire/namenode_messages.hpp"

namespace hdfsmount::fuzz {
namespace {

template <class Decode>
auto decode_flat(byte_span input, Decode decode) {
  return within_memory(flat_memory, flat_factor, input.size(), [&] { return decode(input); });
}

template <class Decode>
auto decode_nested(byte_span input, Decode decode) {
  return within_memory(nested_memory, nested_factor, input.size(), [&] { return decode(input); });
}

bool can_be_entry(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos && name.find('\0') == name.npos;
}

}  // namespace

void listing(byte_span input) {
  const auto answer = decode_nested(input, wire::decode_get_listing);
  if (!answer || !*answer) return;
  const auto& page = **answer;
  promise(page.remaining == 0 || !page.entries.empty(), "a page with more to come says where the next one starts");
  for (const auto& entry : page.entries) {
    check(entry);
    const bool itself = entry.name.empty() && !entry.is_directory() && page.entries.size() == 1;
    promise(itself || can_be_entry(entry.name), "an entry has a name that a directory can hold");
  }
}

void file_info(byte_span input) {
  if (const auto answer = decode_nested(input, wire::decode_get_file_info); answer && *answer) check(**answer);
  if (const auto answer = decode_nested(input, wire::decode_get_file_link_info); answer && *answer) check(**answer);
}

void block_locations(byte_span input) {
  const auto answer = decode_nested(input, wire::decode_get_block_locations);
  if (!answer || !*answer) return;
  check(**answer);
  const auto report = wire::encode_report_bad_blocks((*answer)->blocks);
  promise(report.size() <= flat_memory + flat_factor * input.size(), "a report of blocks is as long as the blocks");
}

void small_answers(byte_span input) {
  decode_flat(input, wire::decode_get_link_target);
  decode_flat(input, wire::decode_report_bad_blocks);
  const auto stats = decode_flat(input, wire::decode_get_fs_stats);
  if (stats) {
    for (const auto number : {stats->capacity, stats->used, stats->remaining, stats->under_replicated_blocks,
                              stats->corrupt_blocks, stats->missing_blocks})
      promise(number <= INT64_MAX, "a number that is not known is 0");
  }
  const auto defaults = decode_flat(input, wire::decode_get_server_defaults);
  if (defaults) {
    promise(defaults->block_size <= INT64_MAX && defaults->replication <= INT16_MAX, "defaults are not negative");
    promise(defaults->checksum <= wire::checksum_kind::crc32c, "a checksum type is one of ours");
  }
  const auto visible = decode_flat(input, wire::decode_get_replica_visible_length);
  if (visible) promise(*visible <= INT64_MAX, "a visible length is not negative");
}

}  // namespace hdfsmount::fuzz
