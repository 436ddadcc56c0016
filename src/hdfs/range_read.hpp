#pragma once

#include <memory>

#include "hdfs/client.hpp"
#include "hdfs/packet_source.hpp"

namespace hdfsmount::hdfs {

/// Reads of exactly the range wanted, without a window. With `dfs.client.hedged.read.threadpool.size` > 0, a read whose
/// DataNode has not delivered after `dfs.client.hedged.read.threshold.millis` is made at another one as well, and
/// whichever is first counts. Bytes have passed their checksums.
async::task<result<read_data>> read_range(const services& shared, std::shared_ptr<block_locator> file, caller reader,
                                          call_context context, std::uint64_t offset, std::size_t size);

}  // namespace hdfsmount::hdfs
