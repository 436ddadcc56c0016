#include "hdfs/file_input_stream.hpp"

#include <algorithm>

#include "hdfs/range_read.hpp"

namespace hdfsmount::hdfs {

file_input_stream::file_input_stream(const services& shared, std::shared_ptr<block_locator> file, caller reader,
                                     steady_time opened)
    : shared_(shared),
      file_(std::move(file)),
      reader_(std::move(reader)),
      opened_(opened),
      local_(shared, file_),
      windows_(shared, file_, reader_),
      from_window_(shared.numbers.get("read_bytes", "read_ahead")),
      from_remote_(shared.numbers.get("read_bytes", "remote")) {}

file_input_stream::~file_input_stream() {
  windows_.stop();
}

async::task<void> file_input_stream::fetch_ahead(call_context context) {
  const auto keep_alive = shared_from_this();
  if (file_->length() == 0) co_return;
  const bool local = co_await local_.prepare(std::move(context));
  if (!local && !closed_) windows_.begin();
}

std::size_t file_input_stream::clip(std::uint64_t offset, std::size_t size) const {
  const auto end = file_->length();
  return offset >= end ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(size, end - offset));
}

std::optional<read_data> file_input_stream::try_read(std::uint64_t offset, std::size_t size) {
  const auto count = clip(offset, size);
  if (count == 0) return closed_ ? std::nullopt : std::optional<read_data>(read_data());
  if (auto data = local_.try_read(offset, count)) return data;
  auto data = windows_.try_read(offset, count);
  if (data) from_window_.add(static_cast<std::int64_t>(count));
  return data;
}

async::task<result<read_data>> file_input_stream::read(call_context context, std::uint64_t offset, std::size_t size) {
  const auto keep_alive = shared_from_this();
  if (closed_) co_return error(errc::cancelled);
  const auto count = clip(offset, size);
  if (count == 0) co_return read_data();
  auto local = co_await local_.read(context, offset, count);
  if (local) co_return std::move(*local);
  if (closed_) co_return error(errc::cancelled);
  if (const auto window = windows_.choose(offset, count)) {
    auto data = co_await window->read(context, offset, count);
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
  // Windows end where the file ended; what follows is fetched anew. A shorter file invalidates them.
  if (now && *now < before) windows_.stop();
  co_return now;
}

void file_input_stream::close() noexcept {
  closed_ = true;
  windows_.stop();
}

}  // namespace hdfsmount::hdfs
