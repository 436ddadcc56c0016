#include "fuse/listing.hpp"

#include "fuse/reply.hpp"

namespace hdfsmount::fuse {
namespace {

/// Type and number are all that a plain listing shows.
struct stat name_only(const fs::directory_entry& listed) {
  fs::attributes attr;
  attr.ino = listed.ino;
  attr.type = listed.type;
  return to_stat(attr);
}

}  // namespace

packed_listing pack_names(fuse_req_t raw, const fs::directory_slice& slice, std::size_t limit) {
  packed_listing out;
  out.bytes.resize(limit);
  std::size_t used = 0;
  for (const auto& listed : slice.entries) {
    const auto shown = name_only(listed);
    const auto size = fuse_add_direntry(raw, out.bytes.data() + used, limit - used, listed.name.c_str(), &shown,
                                        static_cast<off_t>(listed.next));
    if (size > limit - used) break;
    used += size;
  }
  out.bytes.resize(used);
  return out;
}

packed_listing pack_entries(fuse_req_t raw, fs::file_system& files, fs::handle_id handle,
                            const fs::directory_slice& slice, std::size_t limit) {
  packed_listing out;
  out.bytes.resize(limit);
  std::size_t used = 0;
  for (const auto& listed : slice.entries) {
    // The size first: an entry that does not fit must not become known to the kernel.
    const auto size = fuse_add_direntry_plus(raw, nullptr, 0, listed.name.c_str(), nullptr, 0);
    if (size > limit - used) break;
    const auto found = files.remember(handle, listed);
    if (found.node != inode_id{}) out.remembered.push_back({found.node, 1});
    auto param = to_entry_param(found);
    if (found.node == inode_id{}) param.attr = name_only(listed);
    fuse_add_direntry_plus(raw, out.bytes.data() + used, limit - used, listed.name.c_str(), &param,
                           static_cast<off_t>(listed.next));
    used += size;
  }
  out.bytes.resize(used);
  return out;
}

}  // namespace hdfsmount::fuse
