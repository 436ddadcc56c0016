#include "support/local_files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "wire/checksum.hpp"
#include "wire/proto_codec.hpp"

namespace hdfsmount::testing {
namespace {

std::string checksum_file(const std::string& data, wire::checksum_kind kind, std::size_t chunk) {
  std::string out;
  wire::append_big_endian(out, std::uint16_t{1});
  wire::append_big_endian(out, static_cast<std::uint8_t>(kind));
  wire::append_big_endian(out, static_cast<std::uint32_t>(chunk));
  if (kind == wire::checksum_kind::null) return out;
  for (std::size_t at = 0; at < data.size(); at += chunk)
    wire::append_big_endian(
        out, wire::checksum_of(kind, std::as_bytes(std::span(data)).subspan(at, std::min(chunk, data.size() - at))));
  return out;
}

void write_at(const net::descriptor& file, std::size_t at, const std::string& bytes) {
  ASSERT_EQ(::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(at)),
            static_cast<ssize_t>(bytes.size()));
}

void cut(const net::descriptor& file, std::size_t size) {
  ASSERT_EQ(::ftruncate(file.get(), static_cast<off_t>(size)), 0);
}

std::shared_ptr<net::descriptor> copy_of(const net::descriptor& file) {
  return std::make_shared<net::descriptor>(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
}

}  // namespace

local_files::local_files(const std::string& data, wire::checksum_kind kind, std::size_t chunk)
    : data_(::memfd_create("data", MFD_CLOEXEC)), checksums_(::memfd_create("checksums", MFD_CLOEXEC)) {
  rewrite(data, kind, chunk);
}

std::shared_ptr<net::descriptor> local_files::data() const {
  return copy_of(data_);
}
std::shared_ptr<net::descriptor> local_files::checksums() const {
  return copy_of(checksums_);
}

void local_files::rewrite(const std::string& data, wire::checksum_kind kind, std::size_t chunk) {
  write_at(data_, 0, data);
  write_at(checksums_, 0, checksum_file(data, kind, chunk));
}
void local_files::overwrite_data(std::size_t at, const std::string& bytes) {
  write_at(data_, at, bytes);
}
void local_files::cut_data(std::size_t size) {
  cut(data_, size);
}
void local_files::cut_checksums(std::size_t size) {
  cut(checksums_, size);
}

}  // namespace hdfsmount::testing
