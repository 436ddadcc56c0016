#include "hdfs/file_input_stream.hpp"

#include <algorithm>

#include "hdfs/range_read.hpp"

namespace hdfsmount::hdfs {
namespace {

/// One read that follows another may do so by chance.
constexpr int enough_followers = 2;

}  // namespace

file_input_stream::file_input_stream(const services& shared, std::shared_ptr<block_locator> file, caller reader,
                                     steady_time opened)
    : shared_(shared),
      file_(std::move(file)),
      reader_(std::move(reader)),
      opened_(opened),
      local_(shared, file_),
      window_(std::make_shared<read_ahead>(shared, file_, reader_)),
      from_window_(shared.numbers.get("read_bytes", "read_ahead")),
      from_remote_(shared.numbers.get("read_bytes", "remote")) {}

file_input_stream::~file_input_stream() {
  window_->stop();
}

async::task<void> file_input_stream::fetch_ahead(call_context context) {
  const auto keep_alive = shared_from_this();
  if (file_->length() == 0) co_return;
  const bool local = co_await local_.prepare(std::move(context));
  if (local || closed_) co_return;
  const std::lock_guard lock(mutex_);
  if (!window_->covers(0, 1)) window_->start(0);
}

std::size_t file_input_stream::clip(std::uint64_t offset, std::size_t size) const {
  const auto end = file_->length();
  return offset >= end ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(size, end - offset));
}

std::optional<read_data> file_input_stream::try_read(std::uint64_t offset, std::size_t size) {
  const auto count = clip(offset, size);
  if (count == 0) return closed_ ? std::nullopt : std::optional<read_data>(read_data());
  auto data = local_.try_read(offset, count);
  if (!data) {
    data = window_->try_read(offset, count);
    if (data) from_window_.add(static_cast<std::int64_t>(count));
  }
  if (data) read_until(offset + count);
  return data;
}

void file_input_stream::read_until(std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  last_end_ = end;
}

/// The beginning of a file and reads that follow one another are worth a window; a file read whole at once is not.
file_input_stream::pattern file_input_stream::classify(std::uint64_t offset, std::size_t size) {
  const std::lock_guard lock(mutex_);
  const auto previous = std::exchange(last_end_, offset + size);
  if (window_->covers(offset, size)) return pattern::window;
  // The kernel sends the requests of one sequential reader in any order: one may be missing in between.
  const bool follows = previous > 0 && offset >= previous && offset <= previous + size;
  const bool begins = offset == 0 && size < file_->length();
  followers_ = follows ? followers_ + 1 : 0;
  if (!begins && followers_ < enough_followers) return pattern::exact;
  // With the lock held, so that of several first reads one starts it and the others wait for it.
  window_->start(offset);
  return pattern::window;
}

async::task<result<read_data>> file_input_stream::read(call_context context, std::uint64_t offset, std::size_t size) {
  const auto keep_alive = shared_from_this();
  if (closed_) co_return error(errc::cancelled);
  const auto count = clip(offset, size);
  if (count == 0) co_return read_data();
  auto local = co_await local_.read(context, offset, count);
  if (local) {
    read_until(offset + count);
    co_return std::move(*local);
  }
  if (closed_) co_return error(errc::cancelled);
  const auto how = classify(offset, count);
  if (how != pattern::exact) {
    auto data = co_await window_->read(context, offset, count);
    if (!data) co_return data.error();
    if (*data) {
      from_window_.add(static_cast<std::int64_t>(count));
      co_return std::move(**data);
    }
    if (closed_) co_return error(errc::cancelled);
  }
  auto data = co_await read_range(shared_, file_, reader_, std::move(context), offset, count);
  if (data) from_remote_.add(static_cast<std::int64_t>(count));
  co_return data;
}

async::task<result<std::uint64_t>> file_input_stream::refresh_length(call_context context, std::uint64_t at_least) {
  const auto keep_alive = shared_from_this();
  const auto before = file_->length();
  auto now = co_await file_->refresh(std::move(context), at_least);
  // The window ends where the file ended; what follows is fetched anew. A shorter file invalidates it.
  if (now && *now < before) window_->stop();
  co_return now;
}

void file_input_stream::close() noexcept {
  closed_ = true;
  window_->stop();
}

}  // namespace hdfsmount::hdfs
