#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "datanode/local_replica.hpp"
#include "wire/located_block.hpp"

namespace hdfsmount::datanode {

/// Directories in which DataNodes of this machine keep their blocks, as the operator names them. Finalized replicas are
/// opened there by their names, without a call to the DataNode: by block id, which is where the storage layout -57 puts
/// them, by generation stamp, which is part of a name, and by length. Thread-safe.
/// (DataStorage, DatanodeUtil.idToBlockDir)
class replica_directories {
 public:
  /// `roots` as in dfs.datanode.data.dir, absolute. Reads nothing yet.
  replica_directories(std::vector<std::string> roots, const clock_source& time, logger& log);

  /// Finds out anew which storage each root is. Waits for disks.
  void look();
  /// Whether it is time for look(): now and then, and never while one waits for a disk. True once, for whoever then
  /// calls it.
  bool should_look();
  /// Of how many roots the storage is known.
  std::size_t known() const;
  /// Whether the storage is one of the roots.
  bool has(const std::string& storage_id) const;

  /// The block's replica in that storage. Null with patience::none: a disk has to be waited for. Errors:
  /// datanode_errc::refused when there is no such finalized replica or the daemon may not open it; those of
  /// local_replica::open.
  result<std::shared_ptr<local_replica>> open(const wire::extended_block& block, const std::string& storage_id,
                                              local_replica::patience how) const;

 private:
  std::string root_of(const std::string& storage_id) const;

  const std::vector<std::string> roots_;
  const clock_source& time_;
  logger& log_;

  mutable std::mutex mutex_;                  // leaf
  std::map<std::string, std::string> by_id_;  // storage id to root
  std::set<std::string> told_;                // roots whose failure is in the log
  bool looking_ = false;
  steady_time look_again_{};
};

}  // namespace hdfsmount::datanode
