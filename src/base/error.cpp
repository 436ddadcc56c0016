#include "base/error.hpp"

#include <boost/system/system_error.hpp>

namespace hdfsmount {
namespace {

class client_category_impl final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "hdfsmount"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::timed_out:
        return "timed out";
      case errc::cancelled:
        return "cancelled";
      case errc::connection_lost:
        return "connection lost";
      case errc::connect_failed:
        return "cannot connect";
      case errc::unknown_host:
        return "unknown host";
      case errc::protocol_error:
        return "protocol error";
      case errc::limit_exceeded:
        return "peer exceeded a limit";
      case errc::authentication_failed:
        return "authentication failed";
      case errc::checksum_mismatch:
        return "checksum mismatch";
      case errc::no_replica:
        return "no replica could be read";
      case errc::unsupported:
        return "not supported";
      case errc::invalid_name:
        return "invalid name";
      case errc::out_of_memory:
        return "out of memory";
      case errc::would_block:
        return "would block";
      case errc::shutting_down:
        return "shutting down";
    }
    return "unknown client error";
  }
};

class namenode_category_impl final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "namenode"; }
  std::string message(int value) const override {
    switch (static_cast<namenode_errc>(value)) {
      case namenode_errc::not_found:
        return "no such file or directory";
      case namenode_errc::already_exists:
        return "already exists";
      case namenode_errc::not_directory:
        return "not a directory";
      case namenode_errc::is_directory:
        return "is a directory";
      case namenode_errc::not_empty:
        return "directory not empty";
      case namenode_errc::access_denied:
        return "access denied";
      case namenode_errc::standby:
        return "NameNode is in standby";
      case namenode_errc::observer_retry:
        return "observer asks for the active NameNode";
      case namenode_errc::retriable:
        return "NameNode asks to retry";
      case namenode_errc::safe_mode:
        return "NameNode is in safe mode";
      case namenode_errc::unresolved_link:
        return "symbolic link in path";
      case namenode_errc::name_too_long:
        return "name too long";
      case namenode_errc::quota_exceeded:
        return "quota exceeded";
      case namenode_errc::lease_conflict:
        return "lease conflict";
      case namenode_errc::snapshot_error:
        return "snapshot error";
      case namenode_errc::invalid_argument:
        return "invalid argument";
      case namenode_errc::no_such_method:
        return "call not known to this NameNode";
      case namenode_errc::token_invalid:
        return "token invalid";
      case namenode_errc::unauthorized:
        return "not authorized";
      case namenode_errc::server_error:
        return "NameNode error";
    }
    return "unknown NameNode error";
  }
};

class datanode_category_impl final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "datanode"; }
  std::string message(int value) const override {
    switch (static_cast<datanode_errc>(value)) {
      case datanode_errc::refused:
        return "DataNode refused the block";
      case datanode_errc::access_token:
        return "block token refused";
      case datanode_errc::checksum:
        return "DataNode found its replica corrupt";
      case datanode_errc::unsupported:
        return "DataNode does not support the request";
      case datanode_errc::restarting:
        return "DataNode is restarting";
      case datanode_errc::other:
        return "DataNode error";
    }
    return "unknown DataNode error";
  }
};

}  // namespace

const boost::system::error_category& client_category() noexcept {
  static const client_category_impl category;
  return category;
}
const boost::system::error_category& namenode_category() noexcept {
  static const namenode_category_impl category;
  return category;
}
const boost::system::error_category& datanode_category() noexcept {
  static const datanode_category_impl category;
  return category;
}

std::string error::to_string() const {
  auto text = code_.message();
  if (detail_ && !detail_->empty()) text += ": " + printable(*detail_);
  return text;
}

error error::with_context(std::string_view prefix) const {
  std::string text(prefix);
  if (detail_ && !detail_->empty()) text += ": " + *detail_;
  return {code_, std::move(text)};
}

void throw_exception_from_error(const error& e, const boost::source_location&) {
  throw boost::system::system_error(e.code(), std::string(e.detail()));
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(text.size(), limit) + 3);
  for (const char c : text.substr(0, limit)) {
    const auto u = static_cast<unsigned char>(c);
    out.push_back(u < 0x20 || u == 0x7f ? ' ' : c);
  }
  if (text.size() > limit) out += "...";
  return out;
}

}  // namespace hdfsmount
