// The least that a client of a DataNode can do: asks for blocks with OP_READ_BLOCK, one after the other over one
// connection, and drops the bytes unverified.
//
//   drain HOST PORT POOL < RANGES
//
// RANGES are lines "BLOCK GENERATION OFFSET LENGTH"; offsets and lengths are multiples of the checksum chunk, or reach
// to the end of the block. Prints "BYTES SECONDS". The messages are those of datatransfer.proto, encoded by hand.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t buffer_size = 1024 * 1024;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "drain: %s\n", what);
  std::exit(1);
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_number(std::string& out, unsigned field, std::uint64_t value) {
  put_varint(out, field << 3);
  put_varint(out, value);
}

void put_bytes(std::string& out, unsigned field, const std::string& value) {
  put_varint(out, field << 3 | 2);
  put_varint(out, value.size());
  out += value;
}

struct range {
  std::uint64_t block, generation, offset, length;
};

std::string read_block(const char* pool, const range& wanted) {
  std::string extended_block, base_header, client_header, message, out;
  put_bytes(extended_block, 1, pool);
  put_number(extended_block, 2, wanted.block);
  put_number(extended_block, 3, wanted.generation);
  put_bytes(base_header, 1, extended_block);
  put_bytes(client_header, 1, base_header);
  put_bytes(client_header, 2, "drain");
  put_bytes(message, 1, client_header);
  put_number(message, 2, wanted.offset);
  put_number(message, 3, wanted.length);
  out.append({0, 28, 81});  // version of the protocol, OP_READ_BLOCK
  put_varint(out, message.size());
  return out + message;
}

/// A socket with what came and was not yet used.
class connection {
 public:
  connection(const char* host, const char* port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)), bytes_(buffer_size) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) fail("HOST must be an IPv4 address");
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~connection() { close(socket_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  void send(const std::string& text) {
    if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      fail("cannot send");
  }

  /// The next `count` bytes, at most 64 KiB; valid until the next call.
  const unsigned char* take(std::size_t count) {
    if (end_ - begin_ < count) {
      std::memmove(bytes_.data(), &bytes_[begin_], end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      while (end_ < count) fill();
    }
    const auto* out = &bytes_[begin_];
    begin_ += count;
    return out;
  }

  void drop(std::size_t count) {
    while (count > end_ - begin_) {
      count -= end_ - begin_;
      begin_ = end_ = 0;
      fill();
    }
    begin_ += count;
  }

  std::uint64_t take_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = *take(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    fail("bad varint");
  }

 private:
  void fill() {
    const auto got = recv(socket_, &bytes_[end_], bytes_.size() - end_, 0);
    if (got <= 0) fail("the DataNode ended the connection");
    end_ += static_cast<std::size_t>(got);
  }

  int socket_;
  std::vector<unsigned char> bytes_;
  std::size_t begin_ = 0, end_ = 0;
};

/// Drops the packets of a block; the count of data bytes.
std::uint64_t drop_packets(connection& from) {
  std::uint64_t total = 0;
  while (true) {
    const auto* lengths = from.take(6);
    const std::uint32_t payload =
        static_cast<std::uint32_t>(lengths[0] << 24 | lengths[1] << 16 | lengths[2] << 8 | lengths[3]) - 4;
    const std::size_t header_length = static_cast<std::size_t>(lengths[4] << 8 | lengths[5]);
    // Tag and offset (9 bytes), tag and sequence (9), tag and flag (2), tag and length (5): DataNodes write them in
    // order.
    const auto* header = from.take(header_length);
    if (header_length < 25 || header[18] != 0x18 || header[20] != 0x25) fail("unexpected packet header");
    const bool last = header[19] != 0;
    std::uint32_t data = 0;
    std::memcpy(&data, header + 21, sizeof data);
    from.drop(payload);
    total += data;
    if (last) return total;
  }
}

void take_response(connection& from) {
  const auto length = from.take_varint();
  if (length < 2 || length > 65536) fail("bad length of a response");
  const auto* message = from.take(length);
  if (message[0] != 0x08 || message[1] != 0) fail("the DataNode refused a block");
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) fail("usage: drain HOST PORT POOL < RANGES");
  std::vector<range> ranges;
  for (range next{}; std::cin >> next.block >> next.generation >> next.offset >> next.length;) ranges.push_back(next);
  if (!std::cin.eof() || ranges.empty()) fail("no ranges, or bad ones");
  const auto begin = std::chrono::steady_clock::now();
  connection to(words[1], words[2]);
  std::uint64_t total = 0;
  for (const auto& wanted : ranges) {
    to.send(read_block(words[3], wanted));
    take_response(to);
    if (drop_packets(to) != wanted.length) fail("another length than asked for");
    to.send({2, 0x08, 0});  // a ClientReadStatusProto with its length: success
    total += wanted.length;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::printf("%llu %.6f\n", static_cast<unsigned long long>(total), seconds.count());
  return 0;
}
