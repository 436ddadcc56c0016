#include <fmt/format.h>

#include "wire/convert.hpp"

namespace hdfsmount::wire {
namespace {

namespace pb = hadoop::hdfs;

constexpr std::uint32_t mode_bits = 01777;
// Where servers of 2.x put what later ones have in `flags`.
constexpr std::uint32_t old_acl_bit = 1 << 12;
constexpr std::uint32_t old_encrypted_bit = 1 << 13;
constexpr std::uint32_t old_erasure_coded_bit = 1 << 14;

error broken(std::string what) {
  return {errc::protocol_error, std::move(what)};
}

file_type type_of(pb::HdfsFileStatusProto::FileType type) {
  switch (type) {
    case pb::HdfsFileStatusProto::IS_DIR:
      return file_type::directory;
    case pb::HdfsFileStatusProto::IS_FILE:
      return file_type::file;
    case pb::HdfsFileStatusProto::IS_SYMLINK:
      return file_type::symlink;
  }
  return file_type::file;
}

void add_flags(const pb::HdfsFileStatusProto& proto, file_status& status) {
  const auto flags = proto.flags();
  const auto permission = proto.permission().perm();
  status.has_acl = (flags & pb::HdfsFileStatusProto::HAS_ACL) != 0 || (permission & old_acl_bit) != 0;
  status.encrypted = (flags & pb::HdfsFileStatusProto::HAS_CRYPT) != 0 || (permission & old_encrypted_bit) != 0 ||
                     proto.has_fileencryptioninfo();
  status.erasure_coded = (flags & pb::HdfsFileStatusProto::HAS_EC) != 0 || (permission & old_erasure_coded_bit) != 0 ||
                         proto.has_ecpolicy();
  status.snapshot_enabled = (flags & pb::HdfsFileStatusProto::SNAPSHOT_ENABLED) != 0;
}

result<void> add_locations(const pb::HdfsFileStatusProto& proto, file_status& status) {
  if (!proto.has_locations()) return {};
  auto located = to_model(proto.locations());
  if (!located) return located.error();
  status.locations = std::make_shared<const located_blocks>(std::move(*located));
  return {};
}

}  // namespace

result<file_status> to_model(const pb::HdfsFileStatusProto& proto) {
  constexpr std::uint64_t no_id = UINT64_MAX;
  file_status status;
  status.type = type_of(proto.filetype());
  const auto length = non_negative(proto.length(), "file length");
  if (!length) return length.error();
  const auto block_size = non_negative(proto.blocksize(), "block size");
  if (!block_size) return block_size.error();
  if (proto.block_replication() > INT16_MAX) return broken(fmt::format("replication {}", proto.block_replication()));
  status.name = proto.path();
  status.length = *length;
  status.permissions = static_cast<std::uint16_t>(proto.permission().perm() & mode_bits);
  status.owner = proto.owner();
  status.group = proto.group();
  status.mtime_ms = static_cast<std::int64_t>(proto.modification_time());
  status.atime_ms = static_cast<std::int64_t>(proto.access_time());
  status.symlink_target = proto.symlink();
  status.replication = static_cast<std::uint16_t>(proto.block_replication());
  status.block_size = *block_size;
  status.id = file_id(proto.fileid() == no_id ? 0 : proto.fileid());
  if (proto.childrennum() >= 0) status.children_count = static_cast<std::uint32_t>(proto.childrennum());
  add_flags(proto, status);
  if (auto added = add_locations(proto, status); !added) return added.error();
  return status;
}

}  // namespace hdfsmount::wire
