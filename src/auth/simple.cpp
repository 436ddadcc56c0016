#include "auth/simple.hpp"

namespace hdfsmount::auth {
namespace {

class simple_mechanism final : public mechanism {
 public:
  result<std::string> step(std::string_view challenge) override {
    if (!challenge.empty()) return error(errc::authentication_failed, "a challenge for SIMPLE authentication");
    return std::string();
  }
  bool done() const override { return true; }
};

}  // namespace

result<std::unique_ptr<mechanism>> simple_method::start(const wire::sasl_auth&, const target&) const {
  return std::unique_ptr<auth::mechanism>(std::make_unique<simple_mechanism>());
}

}  // namespace hdfsmount::auth
