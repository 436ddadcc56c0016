#include "wire/checksum.hpp"

#include <fmt/format.h>
#include <isa-l/crc.h>

#include <algorithm>

namespace hdfsmount::wire {
namespace {

// ISA-L takes signed lengths.
constexpr std::size_t piece = std::size_t{1} << 30;

std::uint32_t crc32(byte_span data) noexcept {
  std::uint32_t crc = 0;
  for (; !data.empty(); data = data.subspan(std::min(piece, data.size())))
    crc = crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(data.data()), std::min(piece, data.size()));
  return crc;
}

std::uint32_t crc32c(byte_span data) noexcept {
  std::uint32_t crc = UINT32_MAX;
  // crc32_iscsi only reads, though its parameter is not const.
  for (; !data.empty(); data = data.subspan(std::min(piece, data.size())))
    crc = crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<std::byte*>(data.data())),
                      static_cast<int>(std::min(piece, data.size())), crc);
  return ~crc;
}

std::uint32_t stored(const std::byte* at) noexcept {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(at[i]);
  return value;
}

template <std::uint32_t crc(byte_span) noexcept>
std::optional<std::size_t> find_bad(std::size_t chunk_size, byte_span data, const std::byte* checksums) noexcept {
  for (std::size_t chunk = 0; !data.empty(); ++chunk) {
    const auto size = std::min(chunk_size, data.size());
    if (crc(data.first(size)) != stored(checksums + chunk * 4)) return chunk;
    data = data.subspan(size);
  }
  return std::nullopt;
}

}  // namespace

std::uint32_t checksum_of(checksum_kind kind, byte_span data) noexcept {
  switch (kind) {
    case checksum_kind::null:
      return 0;
    case checksum_kind::crc32:
      return crc32(data);
    case checksum_kind::crc32c:
      return crc32c(data);
  }
  return 0;
}

std::optional<std::size_t> first_bad_chunk(checksum_kind kind, std::size_t bytes_per_checksum, byte_span data,
                                           byte_span checksums) noexcept {
  switch (kind) {
    case checksum_kind::null:
      return std::nullopt;
    case checksum_kind::crc32:
      return find_bad<crc32>(bytes_per_checksum, data, checksums.data());
    case checksum_kind::crc32c:
      return find_bad<crc32c>(bytes_per_checksum, data, checksums.data());
  }
  return std::nullopt;
}

result<void> verify_chunks(checksum_kind kind, std::size_t bytes_per_checksum, byte_span data, byte_span checksums) {
  if (kind == checksum_kind::null) return {};
  if (bytes_per_checksum == 0) return error(errc::protocol_error, "0 bytes per checksum");
  const auto chunks = data.size() / bytes_per_checksum + (data.size() % bytes_per_checksum != 0 ? 1 : 0);
  if (checksums.size() / 4 != chunks || checksums.size() % 4 != 0)
    return error(errc::protocol_error, fmt::format("{} bytes of checksums for {} chunks", checksums.size(), chunks));
  if (const auto bad = first_bad_chunk(kind, bytes_per_checksum, data, checksums))
    return error(errc::checksum_mismatch, fmt::format("chunk {} of {} bytes", *bad, bytes_per_checksum));
  return {};
}

}  // namespace hdfsmount::wire
