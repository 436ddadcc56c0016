#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "base/caller.hpp"
#include "hdfs/client.hpp"

namespace hdfsmount::fs {

/// One open file: its stream and the caller of its open, as whom it is read. The stream is closed once the handle is
/// released and the last use has ended. Thread-safe.
class open_file {
 public:
  open_file(inode_id node, caller who, std::shared_ptr<hdfs::input_stream> stream, steady_time located)
      : node_(node), who_(std::move(who)), stream_(std::move(stream)), located_(located) {}
  ~open_file() { release(); }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  /// Keeps the stream open while it lives; false when the handle was released.
  class use {
   public:
    explicit use(std::shared_ptr<open_file> file) : file_(file && file->enter() ? std::move(file) : nullptr) {}
    ~use() {
      if (file_) file_->leave();
    }
    use(use&& other) noexcept = default;
    use& operator=(use&&) = delete;
    explicit operator bool() const noexcept { return file_ != nullptr; }
    open_file* operator->() const noexcept { return file_.get(); }

   private:
    std::shared_ptr<open_file> file_;
  };

  void release() noexcept {
    bool last = false;
    {
      const std::lock_guard lock(mutex_);
      last = !released_ && users_ == 0;
      released_ = true;
    }
    if (last) stream_->close();
  }

  inode_id node() const noexcept { return node_; }
  const caller& who() const noexcept { return who_; }
  hdfs::input_stream& stream() const noexcept { return *stream_; }

  /// When the stream's length was last asked for.
  steady_time located() const noexcept { return located_.load(); }
  void set_located(steady_time when) noexcept { located_.store(when); }

 private:
  bool enter() noexcept {
    const std::lock_guard lock(mutex_);
    if (released_) return false;
    ++users_;
    return true;
  }
  void leave() noexcept {
    bool last = false;
    {
      const std::lock_guard lock(mutex_);
      last = --users_ == 0 && released_;
    }
    if (last) stream_->close();
  }

  const inode_id node_;
  const caller who_;
  const std::shared_ptr<hdfs::input_stream> stream_;
  std::atomic<steady_time> located_;
  std::mutex mutex_;  // leaf
  std::uint32_t users_ = 0;
  bool released_ = false;
};

}  // namespace hdfsmount::fs
