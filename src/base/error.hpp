#pragma once

#include <boost/system/error_code.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace hdfsmount {

/// What this client itself found wrong: with time, the network, the peer's bytes, or its own limits.
enum class errc {
  timed_out = 1,          ///< the deadline of the operation passed
  cancelled,              ///< the caller gave up (signal, shutdown)
  connection_lost,        ///< the peer closed or reset an established connection
  connect_failed,         ///< no connection could be made (refused, unreachable)
  unknown_host,           ///< the host name does not resolve
  protocol_error,         ///< the peer's bytes break the protocol
  limit_exceeded,         ///< the peer announced more than we accept
  authentication_failed,  ///< no common authentication method, or refused
  checksum_mismatch,      ///< data does not match its checksum
  no_replica,             ///< no DataNode could deliver the block
  unsupported,            ///< a feature this version does not have
  invalid_name,           ///< a name HDFS cannot hold, found before anything was sent
  out_of_memory,          ///< the memory budget cannot serve the request
  would_block,            ///< nothing to read or write right now; never leaves net/
  shutting_down,          ///< the mount is being unmounted
};

/// What a NameNode answered, by meaning; namenode/ maps Java exception classes to these in one table.
enum class namenode_errc {
  not_found = 1,
  already_exists,
  not_directory,
  is_directory,
  not_empty,
  access_denied,
  standby,         ///< this NameNode is not active: ask another one
  observer_retry,  ///< an observer asks to go to the active NameNode
  retriable,       ///< the server is busy or starting: ask it again later
  safe_mode,
  unresolved_link,  ///< a symbolic link in the middle of the path
  name_too_long,
  quota_exceeded,
  lease_conflict,
  snapshot_error,
  invalid_argument,
  no_such_method,  ///< an older NameNode without this call
  token_invalid,
  unauthorized,  ///< the connection's user is not accepted
  server_error,  ///< anything else the server said
};

/// What a DataNode answered.
enum class datanode_errc {
  refused = 1,   ///< it does not serve this block (deleted, moved, wrong generation stamp)
  access_token,  ///< the block token is missing, expired or wrong
  checksum,      ///< it found its own replica corrupt
  unsupported,
  restarting,
  other,
};

const boost::system::error_category& client_category() noexcept;
const boost::system::error_category& namenode_category() noexcept;
const boost::system::error_category& datanode_category() noexcept;

inline boost::system::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), client_category()};
}
inline boost::system::error_code make_error_code(namenode_errc e) noexcept {
  return {static_cast<int>(e), namenode_category()};
}
inline boost::system::error_code make_error_code(datanode_errc e) noexcept {
  return {static_cast<int>(e), datanode_category()};
}

/// An error code plus, where there is one, text that helps a person: who said what. Text from servers is untrusted and
/// is only ever logged. Copies are cheap.
class error {
 public:
  error() noexcept = default;  ///< success; only there because result<T>::error() of a value returns it
  error(boost::system::error_code code) noexcept : code_(code) {}  // NOLINT(google-explicit-constructor)
  error(errc e) noexcept : code_(make_error_code(e)) {}            // NOLINT(google-explicit-constructor)
  error(namenode_errc e) noexcept : code_(make_error_code(e)) {}   // NOLINT(google-explicit-constructor)
  error(datanode_errc e) noexcept : code_(make_error_code(e)) {}   // NOLINT(google-explicit-constructor)
  template <class Code>
  error(Code code, std::string detail) : error(code) {
    detail_ = std::make_shared<const std::string>(std::move(detail));
  }

  const boost::system::error_code& code() const noexcept { return code_; }
  /// The diagnostics without the code's own message; empty when there are none.
  std::string_view detail() const noexcept { return detail_ ? std::string_view(*detail_) : std::string_view(); }
  /// "message: detail" on one line, with control characters replaced.
  std::string to_string() const;
  /// The same code with `prefix: ` before the detail.
  error with_context(std::string_view prefix) const;

  friend bool operator==(const error& a, const boost::system::error_code& b) noexcept { return a.code_ == b; }

 private:
  boost::system::error_code code_;
  std::shared_ptr<const std::string> detail_;
};

[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

/// Replaces control characters, cuts at `limit` bytes: for server text that goes to a log line.
std::string printable(std::string_view text, std::size_t limit = 1000);

}  // namespace hdfsmount

namespace boost::system {
template <>
struct is_error_code_enum<hdfsmount::errc> : std::true_type {};
template <>
struct is_error_code_enum<hdfsmount::namenode_errc> : std::true_type {};
template <>
struct is_error_code_enum<hdfsmount::datanode_errc> : std::true_type {};
}  // namespace boost::system
