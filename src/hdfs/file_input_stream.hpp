#pragma once

#include <atomic>
#include <memory>

#include "hdfs/block_locator.hpp"
#include "hdfs/client.hpp"
#include "hdfs/local_reader.hpp"
#include "hdfs/read_ahead_set.hpp"

namespace hdfsmount::hdfs {

/// An open file of plain, replicated blocks. What lies on this machine is read from the replica's files; else reads in
/// order are answered from read-ahead windows, and any other read fetches just its range, many at a time.
class file_input_stream final : public input_stream, public std::enable_shared_from_this<file_input_stream> {
 public:
  /// `file` has been opened.
  file_input_stream(const services& shared, std::shared_ptr<block_locator> file, caller reader,
                    steady_time opened = std::chrono::steady_clock::now());
  ~file_input_stream() override;

  std::optional<read_data> try_read(std::uint64_t offset, std::size_t size) override;
  async::task<result<read_data>> read(call_context context, std::uint64_t offset, std::size_t size) override;
  /// Opens the replica on this machine, or fetches the beginning, before it is read.
  async::task<void> fetch_ahead(call_context context);
  steady_time opened() const override { return opened_; }
  std::uint64_t length() const override { return file_->length(); }
  std::uint64_t content_version() const override { return file_->content_version(); }
  bool under_construction() const override { return file_->under_construction(); }
  async::task<result<std::uint64_t>> refresh_length(call_context context, std::uint64_t at_least) override;
  void close() noexcept override;

 private:
  std::size_t clip(std::uint64_t offset, std::size_t size) const;

  const services& shared_;
  const std::shared_ptr<block_locator> file_;
  const caller reader_;
  const steady_time opened_;
  local_reader local_;
  read_ahead_set windows_;
  std::atomic<bool> closed_ = false;
  counter& from_window_;
  counter& from_remote_;
};

}  // namespace hdfsmount::hdfs
