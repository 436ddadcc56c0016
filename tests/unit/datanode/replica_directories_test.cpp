#include "datanode/replica_directories.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "support/datanode_script.hpp"
#include "support/local_files.hpp"

namespace hdfsmount::datanode {
namespace {

namespace fs = std::filesystem;
using patience = local_replica::patience;

constexpr std::size_t size = 5000;
constexpr std::uint64_t id = 0x40031234;  // subdir3/subdir18

class replica_directories_test : public ::testing::Test {
 protected:
  replica_directories_test() {
    fs::create_directories(home());
    write_version("storageID=DS-1\nlayoutVersion=-57\n");
    const testing::local_files files(content_, wire::checksum_kind::crc32c, 512);
    copy(*files.data(), data());
    copy(*files.checksums(), meta(7));
  }
  ~replica_directories_test() override { fs::remove_all(root_); }

  static fs::path make_root() {
    std::string path = (fs::temp_directory_path() / "hdfsmount-replicas-XXXXXX").string();
    return ::mkdtemp(path.data());
  }
  fs::path home() const { return root_ / "current/BP-1/current/finalized/subdir3/subdir18"; }
  fs::path data() const { return home() / ("blk_" + std::to_string(id)); }
  fs::path meta(int stamp) const { return data().string() + "_" + std::to_string(stamp) + ".meta"; }
  void write_version(const std::string& text) { std::ofstream(root_ / "current/VERSION") << "#Sat\n" << text; }
  static void copy(const net::descriptor& from, const fs::path& to) {
    fs::copy_file("/proc/self/fd/" + std::to_string(from.get()), to);
  }

  static wire::extended_block block(std::uint64_t stamp = 7, std::uint64_t length = size,
                                    const std::string& pool = "BP-1") {
    return {pool, block_id(id), generation_stamp(stamp), length};
  }
  result<std::shared_ptr<local_replica>> open(const wire::extended_block& what, const std::string& storage = "DS-1") {
    return directories_.open(what, storage, patience::disk);
  }
  void expect_refused(const wire::extended_block& what, const std::string& storage = "DS-1") {
    EXPECT_EQ(open(what, storage).error(), make_error_code(datanode_errc::refused));
  }

  const fs::path root_ = make_root();
  const std::string content_ = testing::pattern(size);
  struct manual_clock final : clock_source {
    steady_time now() const noexcept override { return std::chrono::steady_clock::now() + ahead; }
    milliseconds ahead{0};
  } clock_;
  logger log_ = logger::to_stderr(log_level::off);
  replica_directories directories_{{root_.string()}, clock_, log_};
};

TEST_F(replica_directories_test, opens_what_the_namenode_named) {
  EXPECT_FALSE(directories_.has("DS-1")) << "nothing was read yet";
  directories_.look();
  ASSERT_TRUE(directories_.has("DS-1"));
  for (const auto how : {patience::disk, patience::none}) {
    const auto replica = directories_.open(block(), "DS-1", how);
    ASSERT_TRUE(replica) << replica.error().to_string();
    if (!*replica && how == patience::none) continue;  // this file system says nothing of its caches
    std::string out(size, '\0');
    ASSERT_TRUE((*replica)->read(0, std::as_writable_bytes(std::span(out)), patience::disk,
                                 local_replica::checking::checksums));
    EXPECT_EQ(out, content_);
  }
}

TEST_F(replica_directories_test, what_does_not_match_is_refused) {
  directories_.look();
  expect_refused(block(8));
  expect_refused(block(7, size - 1));
  expect_refused(block(7, size, "BP-2"));
  expect_refused(block(7, size, "../current/BP-1"));
  expect_refused(block(7, size, ".."));
  expect_refused(block(7, size, ""));
  expect_refused(block(), "DS-2");
  ASSERT_TRUE(open(block()));
}

TEST_F(replica_directories_test, a_replica_taken_away_is_refused) {
  directories_.look();
  fs::rename(meta(7), meta(8));
  expect_refused(block());
  ASSERT_TRUE(open(block(8)));
  fs::remove(data());
  expect_refused(block(8));
}

TEST_F(replica_directories_test, are_looked_at_by_one_at_a_time) {
  EXPECT_TRUE(directories_.should_look());
  clock_.ahead = seconds(31);
  EXPECT_FALSE(directories_.should_look()) << "whoever looks may wait for a disk";
  directories_.look();
  EXPECT_TRUE(directories_.should_look());
  directories_.look();
  EXPECT_FALSE(directories_.should_look()) << "so soon";
}

TEST_F(replica_directories_test, links_are_not_followed) {
  directories_.look();
  fs::rename(data(), root_ / "elsewhere");
  fs::create_symlink(root_ / "elsewhere", data());
  expect_refused(block());
}

TEST_F(replica_directories_test, other_layouts_and_broken_versions_are_left_alone) {
  for (const auto* version : {"storageID=DS-1\nlayoutVersion=-56\n", "layoutVersion=-57\n", "", "=\n\n#\nx"}) {
    write_version(version);
    directories_.look();
    EXPECT_FALSE(directories_.has("DS-1")) << version;
  }
  fs::remove(root_ / "current/VERSION");
  directories_.look();
  EXPECT_FALSE(directories_.has("DS-1"));
  write_version("layoutVersion=-57\nstorageID=DS-9\n");
  directories_.look();
  EXPECT_TRUE(directories_.has("DS-9"));
}

}  // namespace
}  // namespace hdfsmount::datanode
