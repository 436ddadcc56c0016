#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fake_hdfs.hpp"
#include "fake_name_service.hpp"
#include "fs/file_system.hpp"
#include "fs/identity_mapper.hpp"
#include "task_runner.hpp"

namespace hdfsmount::fs::testing {

/// A file system over the fake, started by mount(), and system calls in one line each.
class mounted_fake : public ::testing::Test {
 protected:
  void mount(const options& settings = {}) {
    files = std::make_unique<file_system>(hdfs, names, clock, runner.log, numbers, settings);
    const auto started = runner.run(files->start(call_context(users.self(), in(seconds(10)))));
    ASSERT_TRUE(started) << started.error().to_string();
    hdfs.forget_calls();
  }

  request ask(operation op, milliseconds patience = seconds(10)) const {
    return {op, call_context(users.map(500, 500, 42), in(patience), request_id(7))};
  }

  result<entry> lookup(inode_id parent, const std::string& name) {
    return runner.run(files->lookup(ask(operation::lookup), parent, name));
  }
  /// The inode of a path, each component looked up; the test owns the counts.
  inode_id walk(const std::string& path) {
    inode_id at{1};
    std::size_t begin = 1;
    while (begin < path.size()) {
      const auto end = std::min(path.find('/', begin), path.size());
      const auto found = lookup(at, path.substr(begin, end - begin));
      if (!found) {
        ADD_FAILURE() << path << ": " << found.error().to_string();
        return inode_id{};
      }
      at = found->node;
      begin = end + 1;
    }
    return at;
  }
  result<attribute_reply> getattr(inode_id node, std::optional<handle_id> handle = std::nullopt) {
    return runner.run(files->getattr(ask(operation::getattr), node, handle));
  }
  result<opened_file> open(inode_id node, int flags = O_RDONLY) {
    return runner.run(files->open(ask(operation::open), node, flags));
  }
  result<std::string> read(handle_id handle, std::uint64_t offset, std::size_t size) {
    return text_of(runner.run(files->read(ask(operation::read), handle, offset, size)));
  }
  static result<std::string> text_of(const result<hdfs::read_data>& data) {
    if (!data) return data.error();
    std::string out;
    for (const auto& piece : data->pieces)
      out.append(reinterpret_cast<const char*>(piece.bytes.data()), piece.bytes.size());
    return out;
  }
  result<handle_id> opendir(inode_id node) { return runner.run(files->opendir(ask(operation::opendir), node)); }
  result<directory_slice> readdir(handle_id handle, std::uint64_t offset) {
    return runner.run(files->readdir(ask(operation::readdir), handle, offset));
  }
  /// The names from `offset` to the end, at most `batch` taken from each slice.
  std::vector<std::string> names_from(handle_id handle, std::uint64_t offset, std::size_t batch = SIZE_MAX) {
    std::vector<std::string> out;
    for (;;) {
      const auto slice = readdir(handle, offset);
      if (!slice) {
        ADD_FAILURE() << slice.error().to_string();
        return out;
      }
      if (slice->entries.empty()) return out;
      for (const auto& one : slice->entries.first(std::min(batch, slice->entries.size()))) {
        out.push_back(one.name);
        offset = one.next;
      }
    }
  }
  template <class T>
  static int errno_for(const result<T>& outcome, operation op) {
    return outcome ? 0 : errno_of(outcome.error(), op);
  }

  void TearDown() override { runner.finish(); }

  task_runner runner;
  fake_hdfs hdfs;
  fake_clock clock;
  metrics numbers;
  std::shared_ptr<fake_name_service> name_base = std::make_shared<fake_name_service>();
  identities names{name_base, clock, {}};
  identity_mapper users{hdfs_user("daemon")};
  std::unique_ptr<file_system> files;
};

inline constexpr inode_id root{1};

}  // namespace hdfsmount::fs::testing
