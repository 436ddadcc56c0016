#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "promise.hpp"

namespace {

thread_local std::int64_t in_use = 0;
thread_local std::int64_t most = 0;

void* counted(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  in_use += static_cast<std::int64_t>(malloc_usable_size(memory));
  most = std::max(most, in_use);
  return memory;
}

void* take(std::size_t size) {
  return counted(std::malloc(std::max<std::size_t>(size, 1)));
}

void* take(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(unit, (std::max<std::size_t>(size, 1) + unit - 1) / unit * unit));
}

void give_back(void* memory) noexcept {
  if (memory != nullptr) in_use -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

// All forms, because a sanitizer's runtime has its own of those that are missing here.
void* operator new(std::size_t size) {
  return take(size);
}
void* operator new[](std::size_t size) {
  return take(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return take(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return take(size, alignment);
}
void operator delete(void* memory) noexcept {
  give_back(memory);
}
void operator delete[](void* memory) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  give_back(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  give_back(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  give_back(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  give_back(memory);
}
// The forms that return null instead of throwing.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return take(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return take(size);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  give_back(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  give_back(memory);
}

namespace hdfsmount::fuzz {

heap_meter::heap_meter() noexcept {
  in_use = most = 0;
}

std::size_t heap_meter::peak() const noexcept {
  return static_cast<std::size_t>(most);
}

}  // namespace hdfsmount::fuzz
