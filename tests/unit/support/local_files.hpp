#pragma once

#include <memory>
#include <string>

#include "net/descriptor.hpp"
#include "wire/checksum_kind.hpp"

namespace hdfsmount::testing {

/// A replica's two files as a DataNode keeps them, without names.
class local_files {
 public:
  local_files(const std::string& data, wire::checksum_kind kind, std::size_t chunk);

  /// New descriptors each time, as a DataNode passes them.
  std::shared_ptr<net::descriptor> data() const;
  std::shared_ptr<net::descriptor> checksums() const;

  void rewrite(const std::string& data, wire::checksum_kind kind, std::size_t chunk);
  void overwrite_data(std::size_t at, const std::string& bytes);
  void cut_data(std::size_t size);
  void cut_checksums(std::size_t size);

 private:
  net::descriptor data_;
  net::descriptor checksums_;
};

}  // namespace hdfsmount::testing
