#include "base/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace hdfsmount {
namespace {

using namespace std::chrono_literals;

constexpr int many = 50'000;

class log_in_a_directory : public ::testing::Test {
 protected:
  log_in_a_directory() {
    std::string name = ::testing::TempDir() + "hdfsmount-log-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    path_ = directory_ + "/log";
  }
  ~log_in_a_directory() override {
    ::unlink(path_.c_str());
    ::rmdir(directory_.c_str());
  }

  std::string directory_;
  std::string path_;
};

/// The number after "line ", for each of the lines that have one, in order.
std::vector<int> numbers_in(std::istream& text) {
  std::vector<int> out;
  for (std::string line; std::getline(text, line);)
    if (const auto at = line.find(": line "); at != std::string::npos) out.push_back(std::stoi(line.substr(at + 7)));
  return out;
}

/// How many lines the text says are missing.
std::size_t mentioned_in(const std::string& text) {
  std::size_t sum = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (const auto end = line.find(" log lines are missing here"); end != std::string::npos)
      sum += std::stoul(line.substr(line.rfind(' ', end - 1)));
  return sum;
}

TEST_F(log_in_a_directory, lines_are_in_order_and_there_after_a_flush) {
  auto log = logger::to_file(path_, log_level::info);
  for (int i = 0; i < 1'000; ++i) log.info("line {}", i);
  log.debug("line {}", -1);
  EXPECT_TRUE(log.flush(20s));
  std::ifstream file(path_);
  const auto seen = numbers_in(file);
  ASSERT_EQ(seen.size(), 1'000U);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(log.dropped(), 0U);
}

TEST_F(log_in_a_directory, the_last_lines_are_written_when_it_ends) {
  {
    auto log = logger::to_file(path_, log_level::info);
    for (int i = 0; i < 100; ++i) log.info("line {}", i);
  }
  std::ifstream file(path_);
  EXPECT_EQ(numbers_in(file).size(), 100U);
}

/// A pipe that is read only when the test says so.
class log_into_a_pipe : public log_in_a_directory {
 protected:
  log_into_a_pipe() {
    std::signal(SIGPIPE, SIG_IGN);  // for a thread that is left behind
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }
  ~log_into_a_pipe() override { ::close(reader_); }

  void read_until_flushed(logger& log, std::string& text) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!log.flush(0ms) && std::chrono::steady_clock::now() < limit) drain_into(text);
    drain_into(text);
  }

  void drain_into(std::string& text) {
    std::array<char, 65'536> chunk;
    pollfd readable{reader_, POLLIN, 0};
    while (::poll(&readable, 1, 10) == 1 && (readable.revents & POLLIN) != 0)
      text.append(chunk.data(), static_cast<std::size_t>(::read(reader_, chunk.data(), chunk.size())));
  }

  int reader_ = -1;
};

TEST_F(log_into_a_pipe, nobody_waits_for_a_reader_and_what_is_dropped_is_counted) {
  auto log = logger::to_file(path_, log_level::info);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < many; ++i) log.info("line {}", i);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  EXPECT_FALSE(log.flush(50ms)) << "the pipe is full";
  EXPECT_GT(log.dropped(), 0U);
  std::string text;
  read_until_flushed(log, text);
  EXPECT_TRUE(log.flush(0ms));
  std::istringstream lines(text);
  const auto seen = numbers_in(lines);
  EXPECT_EQ(seen.size() + log.dropped(), static_cast<std::size_t>(many));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen.back(), many - 1) << "the oldest are dropped";
  EXPECT_EQ(mentioned_in(text), log.dropped());
}

TEST_F(log_into_a_pipe, ends_although_nobody_reads) {
  const auto began = std::chrono::steady_clock::now();
  {
    auto log = logger::to_file(path_, log_level::info);
    for (int i = 0; i < many; ++i) log.info("line {}", i);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 15s);
  std::string text;
  drain_into(text);
  EXPECT_NE(text.find(": line "), std::string::npos);
}

}  // namespace
}  // namespace hdfsmount
