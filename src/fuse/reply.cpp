#include "fuse/reply.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace hdfsmount::fuse {
namespace {

constexpr std::size_t max_pieces = 1000;  // IOV_MAX less libfuse's header

double in_seconds(milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

timespec to_timespec(fs::file_time time) {
  // floor() keeps tv_nsec positive for times before 1970.
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(time - whole);
  return {.tv_sec = static_cast<time_t>(whole.time_since_epoch().count()), .tv_nsec = rest.count()};
}

mode_t type_bits(fs::file_type type) {
  switch (type) {
    case fs::file_type::regular:
      return S_IFREG;
    case fs::file_type::directory:
      return S_IFDIR;
    case fs::file_type::symlink:
      return S_IFLNK;
  }
  return S_IFREG;
}

}  // namespace

struct stat to_stat(const fs::attributes& attr) {
  struct stat out {};
  out.st_ino = attr.ino;
  out.st_mode = type_bits(attr.type) | attr.mode;
  out.st_nlink = attr.nlink;
  out.st_uid = attr.uid;
  out.st_gid = attr.gid;
  out.st_size = static_cast<off_t>(attr.size);
  out.st_blocks = static_cast<blkcnt_t>(attr.blocks);
  out.st_blksize = static_cast<blksize_t>(attr.block_size);
  out.st_atim = to_timespec(attr.accessed);
  out.st_mtim = to_timespec(attr.modified);
  out.st_ctim = out.st_mtim;
  return out;
}

fuse_entry_param to_entry_param(const fs::entry& found) {
  fuse_entry_param out{};
  out.ino = found.node.value();
  out.generation = found.generation;
  out.attr = to_stat(found.attr);
  out.attr_timeout = in_seconds(found.attr_timeout);
  out.entry_timeout = in_seconds(found.entry_timeout);
  return out;
}

reply::reply(fuse_req_t raw, fs::operation op, traffic& counts, logger& log)
    : raw_(raw), op_(op), counts_(counts), log_(log) {
  counts_.arrived(op_);
}

reply::reply(reply&& other) noexcept
    : raw_(std::exchange(other.raw_, nullptr)), op_(other.op_), counts_(other.counts_), log_(other.log_) {}

reply::~reply() {
  if (raw_ == nullptr) return;
  log_.error("{}: request dropped without an answer, EIO sent", fs::to_string(op_));
  error(EIO);
}

fuse_req_t reply::take(int errno_value) noexcept {
  const auto raw = std::exchange(raw_, nullptr);
  if (raw != nullptr) {
    counts_.answered(errno_value);
  } else {
    log_.error("{}: answered twice, the second answer was dropped", fs::to_string(op_));
  }
  return raw;
}

bool reply::error(int errno_value) {
  const auto raw = take(errno_value);
  return raw != nullptr && fuse_reply_err(raw, errno_value) == 0;
}

bool reply::entry(const fs::entry& found) {
  const auto raw = take(0);
  const auto param = to_entry_param(found);
  return raw != nullptr && fuse_reply_entry(raw, &param) == 0;
}

bool reply::attributes(const fs::attribute_reply& found) {
  const auto raw = take(0);
  const auto attr = to_stat(found.attr);
  return raw != nullptr && fuse_reply_attr(raw, &attr, in_seconds(found.attr_timeout)) == 0;
}

bool reply::opened(const fuse_file_info& flags) {
  const auto raw = take(0);
  return raw != nullptr && fuse_reply_open(raw, &flags) == 0;
}

bool reply::data(const hdfs::read_data& bytes) {
  const auto raw = take(0);
  if (raw == nullptr) return false;
  // A vector that writev(2) would refuse is copied; pieces this small are not worth more.
  if (bytes.pieces.size() > max_pieces) {
    std::vector<char> whole;
    whole.reserve(bytes.size());
    for (const auto& piece : bytes.pieces) {
      const auto* begin = reinterpret_cast<const char*>(piece.bytes.data());
      whole.insert(whole.end(), begin, begin + piece.bytes.size());
    }
    return fuse_reply_buf(raw, whole.data(), whole.size()) == 0;
  }
  std::vector<iovec> pieces;
  pieces.reserve(bytes.pieces.size());
  for (const auto& piece : bytes.pieces)
    pieces.push_back({const_cast<std::byte*>(piece.bytes.data()), piece.bytes.size()});
  return fuse_reply_iov(raw, pieces.data(), static_cast<int>(pieces.size())) == 0;
}

bool reply::buffer(std::span<const char> bytes) {
  const auto raw = take(0);
  return raw != nullptr && fuse_reply_buf(raw, bytes.data(), bytes.size()) == 0;
}

bool reply::link_target(const std::string& target) {
  const auto raw = take(0);
  return raw != nullptr && fuse_reply_readlink(raw, target.c_str()) == 0;
}

bool reply::statistics(const fs::statistics& numbers) {
  const auto raw = take(0);
  struct statvfs out {};
  out.f_bsize = numbers.block_size;
  out.f_frsize = numbers.block_size;
  out.f_blocks = numbers.blocks;
  out.f_bfree = numbers.free;
  out.f_bavail = numbers.available;
  out.f_namemax = numbers.name_max;
  return raw != nullptr && fuse_reply_statfs(raw, &out) == 0;
}

}  // namespace hdfsmount::fuse
