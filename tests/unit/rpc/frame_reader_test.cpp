#include "rpc/frame_reader.hpp"

#include "support/scripted_stream.hpp"
#include "support/task_runner.hpp"

namespace hdfsmount::rpc {
namespace {

using namespace std::chrono_literals;
using testing::framed;

class frames : public ::testing::Test {
 protected:
  /// Every frame of `bytes`, delivered in pieces of `chunk`, until the error at the end.
  std::vector<std::string> read_all(std::string bytes, std::size_t chunk, std::size_t limit = 1U << 20) {
    testing::script play;
    play.send(std::move(bytes)).close();
    testing::scripted_stream stream(tasks_.executor(), std::move(play), {chunk, true},
                                    std::make_shared<testing::fault_plan>(),
                                    std::make_shared<testing::script_outcome>());
    return tasks_.run(collect(stream, limit, received_, end_));
  }

  static async::task<std::vector<std::string>> collect(net::stream& from, std::size_t limit, counter& received,
                                                       error& end) {
    frame_reader reader(from, limit, received);
    std::vector<std::string> out;
    for (;;) {
      const auto next = co_await reader.next();
      if (!next) {
        end = next.error();
        co_return out;
      }
      out.emplace_back(reinterpret_cast<const char*>(next->bytes.get()), next->size);
    }
  }

  testing::task_runner tasks_;
  counter received_;
  error end_;
};

TEST_F(frames, come_out_as_they_went_in_however_they_are_cut) {
  std::vector<std::string> sent;
  for (const std::size_t size : {1U, 2U, 1000U, 32768U, 32769U, 65535U, 65536U, 65537U, 300000U, 3U})
    sent.emplace_back(size, static_cast<char>('a' + sent.size()));
  std::string bytes;
  for (const auto& frame : sent) bytes += framed(frame);
  for (const std::size_t chunk : {1000U, 4096U, 65536U, 1U << 20}) {
    EXPECT_EQ(read_all(bytes, chunk), sent) << chunk;
    EXPECT_EQ(end_.code(), make_error_code(errc::connection_lost));
  }
  EXPECT_EQ(received_.value(), static_cast<std::int64_t>(4 * bytes.size()));
}

TEST_F(frames, single_bytes_do_too) {
  EXPECT_EQ(read_all(framed("ab") + framed("c"), 1), (std::vector<std::string>{"ab", "c"}));
}

TEST_F(frames, a_long_one_is_refused_before_memory_is_taken_for_it) {
  EXPECT_TRUE(read_all(std::string("\x7f\xff\xff\xff", 4), 100).empty());
  EXPECT_EQ(end_.code(), make_error_code(errc::limit_exceeded));
  EXPECT_EQ(read_all(framed(std::string(100, 'x')) + framed(std::string(101, 'x')), 1000, 100).size(), 1U);
  EXPECT_EQ(end_.code(), make_error_code(errc::limit_exceeded));
}

TEST_F(frames, negative_and_empty_ones_break_the_protocol) {
  EXPECT_TRUE(read_all(std::string("\xff\xff\xff\xff", 4), 100).empty());
  EXPECT_EQ(end_.code(), make_error_code(errc::protocol_error));
  EXPECT_TRUE(read_all(std::string(4, '\0'), 100).empty());
  EXPECT_EQ(end_.code(), make_error_code(errc::protocol_error));
}

}  // namespace
}  // namespace hdfsmount::rpc
