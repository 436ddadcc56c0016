#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datanode/connection_pool.hpp"
#include "datanode/shared_segment.hpp"
#include "wire/model.hpp"

/// The three operations of short-circuit reads, each over one connection to a DataNode's UNIX socket. A reused
/// connection that the DataNode has just closed is replaced by a new one. A DataNode that says nothing for `silence`
/// has timed out. Errors: of the connection, errc::protocol_error, and datanode_errc for what the DataNode refuses.
namespace hdfsmount::datanode {

/// How long to wait for a DataNode.
struct patience_limits {
  patience_limits(milliseconds silence_, steady_time deadline_) : silence(silence_), deadline(deadline_) {}
  milliseconds silence;
  steady_time deadline;
};

struct passed_files {
  passed_files(net::descriptor data_, net::descriptor checksums_)
      : data(std::make_shared<net::descriptor>(std::move(data_))),
        checksums(std::make_shared<net::descriptor>(std::move(checksums_))) {}
  std::shared_ptr<net::descriptor> data;
  std::shared_ptr<net::descriptor> checksums;
};

async::task<result<passed_files>> request_files(connection_pool& pool, net::host_port peer, wire::extended_block block,
                                                wire::token access_token, std::optional<wire::slot_id> slot,
                                                patience_limits limits);

struct passed_segment {
  passed_segment(std::shared_ptr<shared_segment> memory_, net::stream_ptr connection_)
      : memory(std::move(memory_)), connection(std::move(connection_)) {}
  std::shared_ptr<shared_segment> memory;
  net::stream_ptr connection;  ///< its end is the end of the segment, for both sides
};

async::task<result<passed_segment>> request_segment(connection_pool& pool, net::host_port peer, std::string client_name,
                                                    patience_limits limits);

/// Success also where the DataNode had forgotten a slot already.
async::task<result<void>> release_slots(connection_pool& pool, net::host_port peer, std::vector<wire::slot_id> slots,
                                        patience_limits limits);

}  // namespace hdfsmount::datanode
