#pragma once

#include <gtest/gtest.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fuse/adapter.hpp"

namespace hdfsmount::fuse::testing {

/// The kernel's side of a FUSE session over a pair of sockets: sends requests, takes answers. One thread of its own
/// plays libfuse's reader.
class fake_kernel {
 public:
  struct answer {
    std::uint64_t unique = 0;
    int error = 0;  ///< an errno, 0 for success
    std::string payload;

    template <class T>
    T as(std::size_t offset = 0) const {
      T out{};
      if (payload.size() >= offset + sizeof out) std::memcpy(&out, payload.data() + offset, sizeof out);
      return out;
    }
  };

  /// Agrees on the protocol at once.
  explicit fake_kernel(adapter& target) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    ours_ = ends[0];
    const int room = 1 << 22;
    for (const int end : ends) ::setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    std::string program = "test";
    std::string options = "-omax_read=1048576";
    char* words[] = {program.data(), options.data()};
    fuse_args arguments = FUSE_ARGS_INIT(2, words);
    const auto& table = adapter::operations();
    session_ = fuse_session_new(&arguments, &table, sizeof table, &target);
    fuse_opt_free_args(&arguments);
    EXPECT_NE(session_, nullptr);
    fuse_custom_io io{};
    io.writev = adapter::write_answer;
    io.read = [](int fd, void* into, std::size_t size, void*) { return read_request(fd, into, size); };
    EXPECT_EQ(fuse_session_custom_io(session_, &io, ends[1]), 0);
    reader_ = std::thread([this] { serve(); });
    fuse_init_in hello{};
    hello.major = FUSE_KERNEL_VERSION;
    hello.minor = FUSE_KERNEL_MINOR_VERSION;
    hello.max_readahead = 131072;
    hello.flags = ~0U & ~(FUSE_INIT_EXT | FUSE_INIT_RESERVED);
    init_ = call(FUSE_INIT, 0, bytes(hello)).as<fuse_init_out>();
  }

  ~fake_kernel() {
    hang_up();
    reader_.join();
    fuse_session_destroy(session_);
  }
  fake_kernel(const fake_kernel&) = delete;
  fake_kernel& operator=(const fake_kernel&) = delete;

  pid_t thread = 0;  ///< who asks; 0: of another pid namespace

  const fuse_init_out& init() const { return init_; }

  template <class T>
  static std::string bytes(const T& value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  }
  static std::string name(const std::string& text) { return text + '\0'; }

  /// Sends a request and returns its number.
  std::uint64_t send(std::uint32_t opcode, std::uint64_t node, const std::string& payload = {}) {
    fuse_in_header header{};
    header.unique = next_ += 2;
    header.opcode = opcode;
    header.nodeid = node;
    header.uid = 1001;
    header.gid = 2001;
    header.pid = static_cast<std::uint32_t>(thread);
    header.len = static_cast<std::uint32_t>(sizeof header + payload.size());
    const auto message = bytes(header) + payload;
    EXPECT_EQ(::send(ours_, message.data(), message.size(), MSG_NOSIGNAL), static_cast<ssize_t>(message.size()));
    return header.unique;
  }
  void interrupt(std::uint64_t unique) {
    fuse_interrupt_in payload{};
    payload.unique = unique;
    interrupts_.insert(send(FUSE_INTERRUPT, 0, bytes(payload)));
  }

  /// The next answer, whatever request it is to; nothing after `patience`. An interrupt is only answered to ask for it
  /// again (EAGAIN), when its request is not known; the kernel forgets it when the request has been answered.
  std::optional<answer> next(milliseconds patience = seconds(10)) {
    for (;;) {
      auto got = receive(patience);
      if (!got || !interrupts_.contains(got->unique)) return got;
      EXPECT_EQ(got->error, EAGAIN);
    }
  }

  answer call(std::uint32_t opcode, std::uint64_t node, const std::string& payload = {}) {
    const auto unique = send(opcode, node, payload);
    const auto got = next();
    EXPECT_TRUE(got) << "no answer to opcode " << opcode;
    if (got) {
      EXPECT_EQ(got->unique, unique);
    }
    return got.value_or(answer{});
  }

  /// As after an unmount: later answers cannot be delivered.
  void hang_up() {
    if (ours_ >= 0) ::close(ours_);
    ours_ = -1;
  }

 private:
  std::optional<answer> receive(milliseconds patience) {
    pollfd wait{ours_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
    std::string message(1 << 21, '\0');
    const auto size = ::recv(ours_, message.data(), message.size(), 0);
    if (size < static_cast<ssize_t>(sizeof(fuse_out_header))) return std::nullopt;
    fuse_out_header header{};
    std::memcpy(&header, message.data(), sizeof header);
    EXPECT_EQ(header.len, static_cast<std::uint32_t>(size));
    answer out;
    out.unique = header.unique;
    out.error = -header.error;
    out.payload = message.substr(sizeof header, static_cast<std::size_t>(size) - sizeof header);
    return out;
  }

  static ssize_t read_request(int fd, void* into, std::size_t size) {
    const auto count = ::recv(fd, into, size, 0);
    if (count > 0) return count;
    errno = ENODEV;  // what the device says after an unmount
    return -1;
  }

  void serve() {
    fuse_buf buffer{};
    while (fuse_session_receive_buf(session_, &buffer) > 0) fuse_session_process_buf(session_, &buffer);
    ::free(buffer.mem);
  }

  int ours_ = -1;
  fuse_session* session_ = nullptr;
  std::thread reader_;
  std::uint64_t next_ = 0;
  std::set<std::uint64_t> interrupts_;
  fuse_init_out init_{};
};

}  // namespace hdfsmount::fuse::testing
