#include "hdfs/opened_ahead.hpp"

#include <thread>

#include "stream_fixture.hpp"

namespace hdfsmount::hdfs {
namespace {

class files_opened_ahead : public stream_fixture {
 protected:
  static open_request file() { return {"/f", "/f"}; }
  std::shared_ptr<file_input_stream> take(const std::string& user = "tests") {
    const call_context who(caller(std::make_shared<hdfs_user>(user)), testing::in(seconds(10)));
    return runner_.run(ahead_.take(who, file()));
  }
  bool drain() { return runner_.drain(milliseconds(20)); }
  /// Goes on until so many files have been located, and a little longer.
  void drain_until(int located) {
    for (int i = 0; i < 200 && directory_.location_calls < located; ++i) drain();
    drain();
  }

  opened_ahead ahead_{shared_, milliseconds(200), 2};
};

TEST_F(files_opened_ahead, are_read_without_another_call) {
  write(5'000);
  ahead_.begin(context(), file());
  drain_until(1);
  EXPECT_EQ(directory_.location_calls, 1);
  const auto stream = take();
  ASSERT_TRUE(stream);
  for (int i = 0; i < 200 && !stream->try_read(0, 8'192); ++i) drain();
  EXPECT_TRUE(stream->try_read(0, 8'192)) << "its bytes come as well";
  EXPECT_EQ(read(*stream, 0, 8'192).value(), content_);
  EXPECT_EQ(directory_.location_calls, 1);
  EXPECT_EQ(nodes_.node("dn1").operations, 1);
  EXPECT_FALSE(take()) << "once";
}

TEST_F(files_opened_ahead, are_waited_for) {
  write(5'000);
  ahead_.begin(context(), file());
  const auto stream = take();
  ASSERT_TRUE(stream);
  EXPECT_EQ(read(*stream, 0, 8'192).value(), content_);
  EXPECT_EQ(directory_.location_calls, 1);
}

TEST_F(files_opened_ahead, are_had_at_once_when_they_are_there) {
  write(5'000);
  ahead_.begin(context(), file());
  EXPECT_FALSE(ahead_.try_take(context(), file())) << "under way";
  drain_until(1);
  const call_context other(caller(std::make_shared<hdfs_user>("other")), testing::in(seconds(10)));
  EXPECT_FALSE(ahead_.try_take(other, file()));
  const auto stream = ahead_.try_take(context(), file());
  ASSERT_TRUE(stream);
  EXPECT_EQ(read(*stream, 0, 8'192).value(), content_);
  EXPECT_FALSE(ahead_.try_take(context(), file())) << "once";
  EXPECT_EQ(numbers_.get("opened_ahead", "used").value(), 1);
  ahead_.begin(context(), file());
  drain_until(2);
  std::this_thread::sleep_for(milliseconds(250));
  EXPECT_FALSE(ahead_.try_take(context(), file())) << "too old";
}

TEST_F(files_opened_ahead, are_begun_once) {
  write(5'000);
  for (int i = 0; i < 5; ++i) ahead_.begin(context(), file());
  drain_until(1);
  EXPECT_EQ(directory_.location_calls, 1);
}

TEST_F(files_opened_ahead, are_for_the_user_who_was_allowed_only) {
  write(5'000);
  ahead_.begin(context(), file());
  drain();
  EXPECT_FALSE(take("another"));
  EXPECT_TRUE(take());
}

TEST_F(files_opened_ahead, that_could_not_be_opened_are_not_there) {
  write(5'000);
  directory_.refuse = namenode_errc::access_denied;
  ahead_.begin(context(), file());
  EXPECT_FALSE(take());
}

TEST_F(files_opened_ahead, are_given_up_in_time) {
  write(5'000);
  ahead_.begin(context(), file());
  drain();
  std::this_thread::sleep_for(milliseconds(250));
  EXPECT_FALSE(take());
  EXPECT_TRUE(runner_.drain()) << "nothing goes on for ever";
  EXPECT_EQ(shared_.buffers->in_use(), 0U);
  EXPECT_EQ(numbers_.get("opened_ahead", "unused").value(), 1);
}

TEST_F(files_opened_ahead, are_so_many_at_most) {
  write(5'000);
  for (const auto* path : {"/a", "/b", "/c", "/d"}) ahead_.begin(context(), {path, path});
  drain_until(2);
  EXPECT_EQ(directory_.location_calls, 2);
}

TEST_F(files_opened_ahead, are_given_up_at_the_end) {
  write(5'000);
  ahead_.begin(context(), file());
  ahead_.clear();
  drain();
  connections_.clear();
  EXPECT_TRUE(runner_.drain(milliseconds(150))) << "before they are out of date";
  ahead_.begin(context(), file());
  EXPECT_FALSE(take());
  EXPECT_EQ(shared_.buffers->in_use(), 0U);
}

}  // namespace
}  // namespace hdfsmount::hdfs
