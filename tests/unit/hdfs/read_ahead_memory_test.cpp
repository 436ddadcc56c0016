#include "stream_fixture.hpp"

namespace hdfsmount::hdfs {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;
constexpr std::size_t step = 128 * 1024;

class read_ahead_memory : public stream_fixture {
 protected:
  read_ahead_memory() {
    shared_.buffers = std::make_shared<buffer_pool>(8 * mebibyte);
    block_size_ = 64 * mebibyte;
    settings_.attempt_timeout = seconds(5);
  }

  void expect_range(file_input_stream& stream, std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at < end; at += step)
      ASSERT_EQ(read(stream, at, step, seconds(3)).value(), content_.substr(at, step)) << "at " << at;
  }
};

TEST_F(read_ahead_memory, what_a_reader_skips_does_not_fill_it) {
  write(24 * mebibyte);
  const auto stream = open().value();
  for (std::size_t at = 0; at + 3 * mebibyte <= content_.size(); at += 3 * mebibyte)
    expect_range(*stream, at, at + 2 * mebibyte + step);
}

TEST_F(read_ahead_memory, a_read_that_others_overtook_finds_its_bytes) {
  write(4 * mebibyte);
  const auto stream = open().value();
  expect_range(*stream, 0, 3 * step);
  expect_range(*stream, 4 * step, content_.size() / 2);
  expect_range(*stream, 3 * step, 4 * step);
  expect_range(*stream, content_.size() / 2, content_.size());
  EXPECT_EQ(numbers_.get("read_bytes", "remote").value(), 0) << "nothing was fetched by itself";
}

TEST_F(read_ahead_memory, what_was_read_is_given_back) {
  settings_.largest_window = 2 * mebibyte;
  write(24 * mebibyte);
  const auto stream = open().value();
  std::size_t most = 0;
  for (std::size_t at = 0; at < content_.size(); at += step) {
    ASSERT_EQ(read(*stream, at, step).value(), content_.substr(at, step));
    most = std::max(most, shared_.buffers->in_use());
  }
  EXPECT_LE(most, 4 * mebibyte) << "the window, and what is read and filled";
}

TEST_F(read_ahead_memory, more_streams_than_fit_wait_for_each_other_and_never_for_ever) {
  shared_.buffers = std::make_shared<buffer_pool>(4 * mebibyte);
  write(6 * mebibyte);
  std::vector<std::shared_ptr<file_input_stream>> streams;
  int right = 0;
  const auto go_through = [&](std::shared_ptr<file_input_stream> stream) -> async::task<void> {
    // Odd places, so that a read needs the end of one buffer and the beginning of the next.
    for (std::size_t at = 0; at < content_.size(); at += 700'000) {
      auto asker = context();
      const auto size = std::min<std::size_t>(700'000, content_.size() - at);
      const auto got = co_await stream->read(std::move(asker), at, size);
      std::string bytes;
      if (got)
        for (const auto& piece : got->pieces)
          bytes.append(reinterpret_cast<const char*>(piece.bytes.data()), piece.bytes.size());
      right += bytes == content_.substr(at, size);
    }
  };
  for (int i = 0; i < 8; ++i) streams.push_back(open().value());
  for (const auto& stream : streams) runner_.start(go_through(stream));
  runner_.drain(seconds(60));
  EXPECT_EQ(right, 8 * 9);
  for (const auto& stream : streams) stream->close();
  streams.clear();
  runner_.drain(milliseconds(100));
  EXPECT_EQ(shared_.buffers->in_use(), 0U);
}

}  // namespace
}  // namespace hdfsmount::hdfs
