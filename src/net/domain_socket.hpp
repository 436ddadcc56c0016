#pragma once

#include <memory>
#include <string>

#include "async/worker_pool.hpp"
#include "base/result.hpp"
#include "net/tcp.hpp"

namespace hdfsmount::net {

/// Whether nobody but root, this process's user and the socket's owner can put another socket in the place of `path`:
/// no directory above it may be writable by the world or by a group other than root's, or belong to anybody else.
/// errc:: connect_failed says which one is at fault. Blocks. (Hadoop's DomainSocket.validateSocketPathSecurity)
result<void> check_socket_path(const std::string& path);

/// Connects to DataNodes of this machine over UNIX sockets; the streams receive descriptors. `path` is that of
/// dfs.domain.socket.path: "_PORT" in it stands for the port of the peer, whose host is not looked at. `check` is asked
/// about the path before each connection, on a thread of `pool`, which must outlive the connector.
std::unique_ptr<connector> make_domain_connector(std::string path, async::worker_pool& pool,
                                                 result<void> (*check)(const std::string&) = check_socket_path);

/// `path` with the port in the place of "_PORT".
std::string domain_socket_path(std::string path, std::uint16_t port);

}  // namespace hdfsmount::net
