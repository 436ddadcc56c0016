#include "support/datanode_script.hpp"

#include <algorithm>

#include "proto/data_transfer.pb.h"

namespace hdfsmount::testing {
namespace {

/// Bit by bit, so that it shares nothing with the code under test.
std::uint32_t slow_crc(std::string_view bytes, std::uint32_t reflected_polynomial) {
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? reflected_polynomial : 0);
  }
  return ~crc;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xff));
}

std::string delimited(const google::protobuf::MessageLite& message) {
  auto body = message.SerializeAsString();
  std::string out;
  auto size = body.size();
  for (; size >= 0x80; size >>= 7) out.push_back(static_cast<char>(size | 0x80));
  out.push_back(static_cast<char>(size));
  return out + body;
}

std::string checksums(const replica_bytes& replica, std::string_view data) {
  std::string out;
  if (replica.checksum == wire::checksum_kind::null) return out;
  const auto polynomial = replica.checksum == wire::checksum_kind::crc32 ? 0xedb88320U : 0x82f63b78U;
  for (std::size_t at = 0; at < data.size(); at += replica.bytes_per_checksum)
    append_big_endian(out, slow_crc(data.substr(at, replica.bytes_per_checksum), polynomial), 4);
  return out;
}

std::string packet(const replica_bytes& replica, std::uint64_t offset, std::size_t length, std::int64_t sequence) {
  std::string data = replica.data.substr(offset, length);
  const auto sums = checksums(replica, data);
  if (replica.flip_at >= offset && replica.flip_at < offset + length) data[replica.flip_at - offset] ^= 1;
  hadoop::hdfs::PacketHeaderProto header;
  header.set_offsetinblock(static_cast<std::int64_t>(offset));
  header.set_seqno(sequence);
  header.set_lastpacketinblock(length == 0);
  header.set_datalen(static_cast<std::int32_t>(length));
  const auto encoded = header.SerializeAsString();
  std::string out;
  append_big_endian(out, 4 + sums.size() + data.size(), 4);
  append_big_endian(out, encoded.size(), 2);
  return out + encoded + sums + data;
}

}  // namespace

std::string pattern(std::size_t size, unsigned seed) {
  std::string out(size, '\0');
  std::uint32_t state = seed * 2654435761U + 1;
  for (auto& c : out) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

std::string read_block_answer(const replica_bytes& replica, std::uint64_t offset, std::uint64_t length) {
  const auto chunk = replica.bytes_per_checksum;
  const auto begin = offset / chunk * chunk;
  const auto end = std::min<std::uint64_t>((offset + length + chunk - 1) / chunk * chunk, replica.data.size());
  hadoop::hdfs::BlockOpResponseProto response;
  response.set_status(hadoop::hdfs::SUCCESS);
  auto* info = response.mutable_readopchecksuminfo();
  info->mutable_checksum()->set_type(static_cast<hadoop::hdfs::ChecksumTypeProto>(replica.checksum));
  info->mutable_checksum()->set_bytesperchecksum(static_cast<std::uint32_t>(chunk));
  info->set_chunkoffset(begin);
  std::string out = delimited(response);
  std::int64_t sequence = 0;
  for (auto at = begin; at < end;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(replica.packet_size, end - at));
    out += packet(replica, at, size, sequence++);
    at += size;
  }
  return out + packet(replica, end, 0, sequence);
}

std::string refusal(int status, const std::string& message) {
  hadoop::hdfs::BlockOpResponseProto response;
  response.set_status(static_cast<hadoop::hdfs::Status>(status));
  response.set_message(message);
  return delimited(response);
}

std::string checksum_ok_reply() {
  hadoop::hdfs::ClientReadStatusProto status;
  status.set_status(hadoop::hdfs::CHECKSUM_OK);
  return delimited(status);
}

}  // namespace hdfsmount::testing
