#pragma once

#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/caller.hpp"
#include "wire/model.hpp"

namespace hdfsmount::hdfs {

/// Where blocks are: what streams need of NameNode and DataNodes besides the data. Tests put a fake behind it.
/// Thread-safe; contexts bound every call.
class block_directory {
 public:
  virtual ~block_directory() = default;

  /// The blocks of `path` that hold [offset, offset + length), decided as `context.who`.
  virtual async::task<result<wire::located_blocks>> get_block_locations(call_context context, std::string path,
                                                                        std::uint64_t offset, std::uint64_t length) = 0;
  /// How many bytes of a block that is being written readers may see, as one of its DataNodes says.
  virtual async::task<result<std::uint64_t>> get_visible_length(call_context context, wire::datanode_info node,
                                                                wire::extended_block block) = 0;
  /// Tells the NameNode that exactly these replicas are corrupt.
  virtual async::task<result<void>> report_bad_blocks(call_context context,
                                                      std::vector<wire::located_block> blocks) = 0;
};

}  // namespace hdfsmount::hdfs
