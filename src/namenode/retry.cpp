#include "namenode/retry.hpp"

namespace hdfsmount::namenode {
namespace {

retry of_client(errc what) noexcept {
  switch (what) {
    case errc::timed_out:
    case errc::connection_lost:
    case errc::connect_failed:
    case errc::unknown_host:
      return retry::fail_over;
    default:
      return retry::never;
  }
}

retry of_namenode(namenode_errc what) noexcept {
  switch (what) {
    case namenode_errc::standby:
    case namenode_errc::observer_retry:
      return retry::fail_over;
    case namenode_errc::retriable:
    case namenode_errc::safe_mode:
      return retry::same_server;
    default:
      return retry::never;
  }
}

}  // namespace

retry retry_class(const error& what) noexcept {
  const auto& code = what.code();
  if (code.category() == client_category()) return of_client(static_cast<errc>(code.value()));
  if (code.category() == namenode_category()) return of_namenode(static_cast<namenode_errc>(code.value()));
  return retry::never;
}

bool is_unreachable(const error& what) noexcept {
  return what.code().category() == client_category() && retry_class(what) == retry::fail_over;
}

}  // namespace hdfsmount::namenode
