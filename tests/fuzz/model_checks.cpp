#include "model_checks.hpp"

#include "promise.hpp"

namespace hdfsmount::fuzz {
namespace {

bool fits(std::uint64_t number) {
  return number <= INT64_MAX;
}

}  // namespace

void check(const wire::located_block& block) {
  promise(fits(block.offset) && fits(block.block.length) && fits(block.end()), "a block lies within a file");
  for (const auto& replica : block.replicas) {
    promise(replica.node.transfer_port != 0, "a DataNode has a port");
    promise(!replica.node.ip.empty() || !replica.node.host.empty(), "a DataNode has an address");
    promise(replica.node.state <= wire::datanode_state::in_maintenance, "the state of a DataNode is one of ours");
    promise(replica.type <= wire::storage_type::nvdimm, "a storage type is one of ours");
  }
}

void check(const wire::located_blocks& located) {
  promise(fits(located.file_length), "a file's length is not negative");
  std::uint64_t end = 0;
  for (const auto& block : located.blocks) {
    check(block);
    promise(block.offset >= end, "blocks ascend and do not overlap");
    end = block.end();
  }
  if (located.last_block) check(*located.last_block);
}

void check(const wire::file_status& status) {
  promise(status.type <= wire::file_type::symlink, "a file type is one of ours");
  promise(fits(status.length) && fits(status.block_size), "sizes are not negative");
  promise(status.permissions <= 01777, "permissions are the bits that HDFS has");
  promise(status.replication <= INT16_MAX, "replication is not negative");
  if (status.locations) check(*status.locations);
}

}  // namespace hdfsmount::fuzz
