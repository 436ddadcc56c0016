#include "net/local_addresses.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <memory>

namespace hdfsmount::net {
namespace {

constexpr seconds kept_for{30};

std::string to_text(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* raw = nullptr;
  if (address == nullptr) return {};
  if (address->sa_family == AF_INET) raw = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (address->sa_family == AF_INET6) raw = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  if (raw == nullptr || ::inet_ntop(address->sa_family, raw, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

/// Empty when the system does not say.
std::set<std::string> read_interfaces() {
  ifaddrs* list = nullptr;
  std::set<std::string> out;
  if (::getifaddrs(&list) != 0) return out;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  for (const auto* one = list; one != nullptr; one = one->ifa_next) out.insert(to_text(one->ifa_addr));
  out.erase(std::string());
  return out;
}

}  // namespace

bool local_addresses::contains(const std::string& address) {
  boost::system::error_code failure;
  const auto parsed = boost::asio::ip::make_address(address, failure);
  if (failure) return false;
  if (parsed.is_loopback()) return true;
  const auto text = parsed.to_string();
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (known_.empty() || now >= read_at_ + kept_for) {
    known_ = read_interfaces();
    read_at_ = now;
  }
  return known_.contains(text);
}

}  // namespace hdfsmount::net
