#include "datanode/local_replica.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>

#include "wire/checksum.hpp"

namespace hdfsmount::datanode {
namespace {

/// Read and checked at a time, so that the bytes are still in the processor's cache when they are checked.
constexpr std::size_t piece_size = 128 * 1024;
/// Checksums of at most this size are kept in memory: those of blocks up to half a MiB.
constexpr std::size_t most_kept = 4096;
constexpr std::size_t header_size = wire::checksum_file_header::size;

error unreadable(int number) {
  return {datanode_errc::other,
          "reading a local replica: " + boost::system::error_code(number, boost::system::system_category()).message()};
}

/// The file's size; errc::unsupported when it is not a plain file.
result<std::uint64_t> size_of(int file) {
  struct stat found {};
  if (::fstat(file, &found) != 0) return unreadable(errno);
  if (!S_ISREG(found.st_mode)) return error(errc::unsupported, "a DataNode passed something else than a plain file");
  return static_cast<std::uint64_t>(found.st_size);
}

}  // namespace

local_replica::local_replica(std::shared_ptr<net::descriptor> data, std::shared_ptr<net::descriptor> checksums,
                             std::uint64_t length)
    : data_(std::move(data)), checksums_(std::move(checksums)), length_(length) {}

result<std::shared_ptr<local_replica>> local_replica::open(std::shared_ptr<net::descriptor> data,
                                                           std::shared_ptr<net::descriptor> checksums,
                                                           std::uint64_t length, patience how) {
  const auto size = size_of(data->get());
  if (!size) return size.error();
  // A longer file has been appended to since the NameNode was asked; its last checksum may not be that of our bytes.
  if (*size != length)
    return error(datanode_errc::refused, fmt::format("replica of {} bytes, the block has {}", *size, length));
  std::shared_ptr<local_replica> made(new local_replica(std::move(data), std::move(checksums), length));
  const auto loaded = made->load_checksums(how);
  if (!loaded) return loaded.error();
  if (!*loaded) return std::shared_ptr<local_replica>();
  return made;
}

std::uint64_t local_replica::checksums_size() const noexcept {
  return (length_ / chunk_ + (length_ % chunk_ != 0 ? 1 : 0)) * wire::checksum_size(kind_);
}

/// The header and, where they are few, all checksums in one read.
result<bool> local_replica::load_checksums(patience how) {
  const auto size = size_of(checksums_->get());
  if (!size) return size.error();
  std::array<std::byte, header_size + most_kept> beginning{};
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(*size, beginning.size()));
  const auto read = fill(checksums_->get(), 0, std::span(beginning).first(wanted), how);
  if (!read || !*read) return read;
  const auto header = wire::decode_checksum_file_header(byte_span(beginning).first(wanted));
  if (!header) return header.error();
  kind_ = header->kind;
  if (!has_checksums()) return true;
  chunk_ = header->bytes_per_checksum;
  const auto needed = checksums_size();
  if (*size < header_size + needed)
    return error(datanode_errc::refused, fmt::format("checksum file of {} bytes, {} needed", *size, needed));
  if (needed <= most_kept) {
    kept_.assign(beginning.begin() + header_size,
                 beginning.begin() + static_cast<std::ptrdiff_t>(header_size + needed));
    return true;
  }
  if (length_ % chunk_ == 0) return true;
  std::vector<std::byte> last(wire::checksum_size(kind_));
  const auto got = fill(checksums_->get(), header_size + needed - last.size(), last, how);
  if (got && *got) last_sum_ = std::move(last);
  return got;
}

result<bool> local_replica::fill(int file, std::uint64_t offset, net::mutable_byte_span into, patience how) const {
  const bool may_wait = how == patience::disk;
  if (!may_wait && always_waits_.load(std::memory_order_relaxed)) return false;
  while (!into.empty()) {
    const iovec buffer{into.data(), into.size()};
    const auto count = ::preadv2(file, &buffer, 1, static_cast<off_t>(offset), may_wait ? 0 : RWF_NOWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && !may_wait && errno == EAGAIN) return false;
    if (count < 0 && !may_wait && (errno == EOPNOTSUPP || errno == ENOSYS)) {
      always_waits_ = true;
      return false;
    }
    if (count < 0) return unreadable(errno);
    if (count == 0 && !may_wait) return false;
    if (count == 0) return error(datanode_errc::other, "a local replica ends early");
    into = into.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

/// The checksums of the chunks in [offset, offset + size); they stay where they are until the thread's next read.
result<bool> local_replica::checksums_of(std::uint64_t offset, std::size_t size, patience how, byte_span& out) const {
  const auto each = wire::checksum_size(kind_);
  const auto first = offset / chunk_ * each;
  const auto bytes = (size / chunk_ + (size % chunk_ != 0 ? 1 : 0)) * each;
  if (!kept_.empty()) {
    out = byte_span(kept_).subspan(static_cast<std::size_t>(first), bytes);
    return true;
  }
  thread_local std::vector<std::byte> scratch;
  if (scratch.size() < bytes) scratch.resize(bytes);
  const auto read = fill(checksums_->get(), header_size + first, std::span(scratch).first(bytes), how);
  if (!read || !*read) return read;
  if (!last_sum_.empty() && offset + size == length_)
    std::ranges::copy(last_sum_, scratch.begin() + static_cast<std::ptrdiff_t>(bytes - each));
  out = byte_span(scratch).first(bytes);
  return true;
}

result<bool> local_replica::read(std::uint64_t offset, net::mutable_byte_span into, patience how, checking what) const {
  const bool checked = what == checking::checksums && has_checksums();
  const auto step = checked ? std::max<std::size_t>(piece_size / chunk_ * chunk_, chunk_) : into.size();
  while (!into.empty()) {
    const auto piece = into.first(std::min(step, into.size()));
    if (auto got = fill(data_->get(), offset, piece, how); !got || !*got) return got;
    if (checked) {
      byte_span sums;
      if (auto got = checksums_of(offset, piece.size(), how, sums); !got || !*got) return got;
      if (const auto bad = wire::first_bad_chunk(kind_, chunk_, piece, sums))
        return error(errc::checksum_mismatch, fmt::format("local replica at {}", offset + *bad * chunk_));
    }
    offset += piece.size();
    into = into.subspan(piece.size());
  }
  return true;
}

void local_replica::will_need(std::uint64_t offset, std::uint64_t size) const noexcept {
  if (offset >= length_) return;
  const auto count = std::min(size, length_ - offset);
  ::posix_fadvise(data_->get(), static_cast<off_t>(offset), static_cast<off_t>(count), POSIX_FADV_WILLNEED);
}

}  // namespace hdfsmount::datanode
