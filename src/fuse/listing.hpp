#pragma once

#include <vector>

#include "fs/file_system.hpp"
#include "fuse/libfuse.hpp"

namespace hdfsmount::fuse {

/// As many entries of a slice as fit into the kernel's buffer, in the kernel's format. At least one always fits: the
/// kernel's buffer has a page or more.
struct packed_listing {
  std::vector<char> bytes;
  std::vector<fs::forgotten> remembered;  ///< to be forgotten when the kernel does not take the reply
};

/// Names, types and inode numbers (READDIR).
packed_listing pack_names(fuse_req_t raw, const fs::directory_slice& slice, std::size_t limit);

/// With attributes (READDIRPLUS): each entry that fits becomes known to the kernel.
packed_listing pack_entries(fuse_req_t raw, fs::file_system& files, fs::handle_id handle,
                            const fs::directory_slice& slice, std::size_t limit);

}  // namespace hdfsmount::fuse
