#pragma once

#include "auth/mechanism.hpp"

namespace hdfsmount::auth {

/// Says who we are and proves nothing; the server takes the user of the connection context at its word. There is no
/// exchange: once it is chosen, the connection goes on as if SASL had never begun.
class simple_method final : public method {
 public:
  static constexpr std::string_view method_name = "SIMPLE";
  std::string_view name() const override { return method_name; }
  std::string_view mechanism() const override { return ""; }
  result<std::unique_ptr<auth::mechanism>> start(const wire::sasl_auth& offer, const target& what) const override;
};

}  // namespace hdfsmount::auth
