#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "base/cursor.hpp"

namespace hdfsmount::wire {

/// "0a 01 2f" as bytes; spaces are ignored, text in single quotes stands for itself.
inline std::string hex(std::string_view text) {
  std::string out;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
    } else if (text[i] == '\'') {
      const auto end = text.find('\'', i + 1);
      out += text.substr(i + 1, end - i - 1);
      i = end + 1;
    } else {
      out.push_back(static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1])));
      i += 2;
    }
  }
  return out;
}

inline byte_span bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// A copy of some bytes that ends where unmapped memory begins: reading past the end is a crash, with any compiler.
class guarded_bytes {
 public:
  explicit guarded_bytes(std::size_t capacity) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    mapped_ = (capacity + page - 1) / page * page + page;
    void* at = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<std::byte*>(at);
    end_ = begin_ + mapped_ - page;
    if (mprotect(end_, page, PROT_NONE) != 0) throw std::bad_alloc();
  }
  guarded_bytes(const guarded_bytes&) = delete;
  guarded_bytes& operator=(const guarded_bytes&) = delete;
  ~guarded_bytes() { munmap(begin_, mapped_); }

  /// Valid until the next call.
  byte_span hold(std::string_view bytes) {
    auto* at = end_ - bytes.size();
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }

 private:
  std::size_t mapped_ = 0;
  std::byte* begin_ = nullptr;
  std::byte* end_ = nullptr;
};

}  // namespace hdfsmount::wire
