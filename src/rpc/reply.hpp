#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/cursor.hpp"
#include "wire/rpc_frame.hpp"

namespace hdfsmount::rpc {

/// What a server says instead of a result. All text is untrusted.
struct remote_exception {
  remote_exception(std::string class_name_, std::string message_, wire::rpc_error_code code_, bool fatal_)
      : class_name(std::move(class_name_)), message(std::move(message_)), code(code_), fatal(fatal_) {}

  std::string class_name;  ///< Java class, "org.apache.hadoop.ipc.StandbyException"
  std::string message;     ///< often with a stack trace behind the first line
  wire::rpc_error_code code;
  bool fatal;  ///< the server has closed the connection
};

/// The server's answer to one call; copies share the bytes.
struct reply {
  reply() = default;

  std::shared_ptr<const void> owner;  ///< keeps `payload` alive
  byte_span payload;                  ///< the serialised result message; empty after an exception
  std::shared_ptr<const remote_exception> exception;
  std::optional<std::int64_t> state_id;  ///< the server's newest transaction, for reads from observers
};

}  // namespace hdfsmount::rpc
