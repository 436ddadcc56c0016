#pragma once

#include <string>

namespace hdfsmount::wire {

/// A delegation or block token: opaque to us, shown to the server that issued it. All fields are empty in clusters
/// without security. (org.apache.hadoop.security.token.Token)
struct token {
  token() = default;
  token(std::string identifier_, std::string password_, std::string kind_, std::string service_)
      : identifier(std::move(identifier_)),
        password(std::move(password_)),
        kind(std::move(kind_)),
        service(std::move(service_)) {}

  std::string identifier;  ///< bytes
  std::string password;    ///< bytes; secret, never logged
  std::string kind;
  std::string service;

  bool empty() const noexcept { return identifier.empty() && password.empty(); }
  friend bool operator==(const token&, const token&) = default;
};

}  // namespace hdfsmount::wire
