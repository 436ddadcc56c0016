#include "datanode/local_replica.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <set>

#include "support/datanode_script.hpp"
#include "support/local_files.hpp"
#include "wire/checksum.hpp"

namespace hdfsmount::datanode {
namespace {

using checking = local_replica::checking;
using patience = local_replica::patience;
using testing::local_files;
using wire::checksum_kind;

result<std::shared_ptr<local_replica>> open(const local_files& files, std::uint64_t length) {
  return local_replica::open(files.data(), files.checksums(), length, patience::disk);
}

result<std::string> read(const local_replica& from, std::uint64_t offset, std::size_t size,
                         checking how = checking::checksums) {
  std::string out(size, '\0');
  const auto done = from.read(offset, std::as_writable_bytes(std::span(out)), patience::disk, how);
  if (!done) return done.error();
  EXPECT_TRUE(*done);
  return out;
}

struct layout {
  checksum_kind kind;
  std::size_t chunk;
  std::size_t size;
};

class LocalReplica : public ::testing::TestWithParam<layout> {};

TEST_P(LocalReplica, GivesEveryRangeOfChunks) {
  const auto [kind, chunk, size] = GetParam();
  const auto content = testing::pattern(size);
  const local_files files(content, kind, chunk);
  const auto replica = open(files, size);
  ASSERT_TRUE(replica) << replica.error().to_string();
  EXPECT_EQ((*replica)->length(), size);
  EXPECT_EQ((*replica)->has_checksums(), kind != checksum_kind::null);
  const auto step = (*replica)->chunk();
  for (std::size_t begin = 0; begin < size; begin += std::max(step, size / 7 / step * step)) {
    for (const auto count : {step, 3 * step, size}) {
      const auto end = std::min(begin + count, size);
      ASSERT_EQ(read(**replica, begin, end - begin).value(), content.substr(begin, end - begin)) << begin;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, LocalReplica,
    ::testing::Values(layout{checksum_kind::crc32c, 512, 1}, layout{checksum_kind::crc32c, 512, 512},
                      layout{checksum_kind::crc32c, 512, 5000}, layout{checksum_kind::crc32, 512, 700'000},
                      layout{checksum_kind::crc32c, 512, 1'048'576}, layout{checksum_kind::crc32c, 1000, 1'000'001},
                      layout{checksum_kind::crc32c, 300'000, 1'000'001}, layout{checksum_kind::null, 512, 5000}));

TEST(LocalReplica, WhatDoesNotMatchIsNeverGiven) {
  const auto content = testing::pattern(700'000);
  for (const std::size_t at : {0U, 511U, 350'000U, 699'999U}) {
    auto spoiled = content;
    spoiled[at] = static_cast<char>(~spoiled[at]);
    local_files files(content, checksum_kind::crc32c, 512);
    files.overwrite_data(at, spoiled.substr(at, 1));
    const auto replica = open(files, content.size());
    ASSERT_TRUE(replica);
    const auto chunk = at / 512 * 512;
    const auto size = std::min<std::size_t>(512, content.size() - chunk);
    EXPECT_EQ(read(**replica, chunk, size).error(), make_error_code(errc::checksum_mismatch)) << at;
    EXPECT_EQ(read(**replica, 0, content.size()).error(), make_error_code(errc::checksum_mismatch)) << at;
    EXPECT_EQ(read(**replica, chunk, size, checking::nothing).value(), spoiled.substr(chunk, size));
    if (chunk >= 512) {
      EXPECT_EQ(read(**replica, chunk - 512, 512).value(), content.substr(chunk - 512, 512));
    }
  }
}

TEST(LocalReplica, AnAppendAfterwardsChangesNothing) {
  for (const std::size_t size : {5'100U, 700'100U}) {
    const auto content = testing::pattern(size + 1000);
    local_files files(content.substr(0, size), checksum_kind::crc32c, 512);
    const auto replica = open(files, size);
    ASSERT_TRUE(replica);
    files.rewrite(content, checksum_kind::crc32c, 512);
    const auto chunk = size / 512 * 512;
    EXPECT_EQ(read(**replica, chunk, size - chunk).value(), content.substr(chunk, size - chunk));
    EXPECT_EQ(read(**replica, 0, size).value(), content.substr(0, size));
  }
}

TEST(LocalReplica, FilesOfAnotherBlockAreRefused) {
  const local_files files(testing::pattern(5000), checksum_kind::crc32c, 512);
  EXPECT_EQ(open(files, 4999).error(), make_error_code(datanode_errc::refused)) << "appended to";
  EXPECT_EQ(open(files, 5001).error(), make_error_code(datanode_errc::refused)) << "cut short";
}

TEST(LocalReplica, ChecksumFilesThatAreNoneAreRefused) {
  const auto content = testing::pattern(5000);
  local_files cut(content, checksum_kind::crc32c, 512);
  cut.cut_checksums(7 + 4 * 9);
  EXPECT_EQ(open(cut, 5000).error(), make_error_code(datanode_errc::refused));
  cut.cut_checksums(3);
  EXPECT_EQ(open(cut, 5000).error(), make_error_code(errc::protocol_error));
  cut.cut_checksums(0);
  EXPECT_EQ(open(cut, 5000).error(), make_error_code(errc::protocol_error));
  local_files odd(content, static_cast<checksum_kind>(7), 512);
  EXPECT_EQ(open(odd, 5000).error(), make_error_code(errc::unsupported));
}

TEST(LocalReplica, AFileCutShortLaterIsAnErrorAndNoSignal) {
  const auto content = testing::pattern(700'000);
  local_files files(content, checksum_kind::crc32c, 512);
  const auto replica = open(files, content.size());
  ASSERT_TRUE(replica);
  files.cut_data(1000);
  EXPECT_EQ(read(**replica, 0, content.size()).error(), make_error_code(datanode_errc::other));
  files.cut_checksums(8);
  EXPECT_FALSE(read(**replica, 0, 512));
}

TEST(LocalReplica, OnlyPlainFilesAreRead) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto reading = std::make_shared<net::descriptor>(ends[0]);
  const net::descriptor writing(ends[1]);
  const local_files files(testing::pattern(10), checksum_kind::crc32c, 512);
  EXPECT_EQ(local_replica::open(reading, files.checksums(), 0, patience::none).error(),
            make_error_code(errc::unsupported));
  EXPECT_EQ(local_replica::open(files.data(), reading, 10, patience::none).error(), make_error_code(errc::unsupported));
}

class SharedSegment : public ::testing::Test {
 protected:
  SharedSegment() : file_(::memfd_create("segment", MFD_CLOEXEC)) {
    EXPECT_EQ(::ftruncate(file_.get(), 4 * 64), 0);
    segment_ = shared_segment::map(wire::segment_id(1, 2), file_).value();
    memory_ = static_cast<std::uint64_t*>(::mmap(nullptr, 256, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0));
  }
  ~SharedSegment() override { ::munmap(memory_, 256); }

  /// What the DataNode sees of a slot.
  std::uint64_t& word(std::uint32_t slot) { return memory_[slot * 8]; }

  net::descriptor file_;
  std::shared_ptr<shared_segment> segment_;
  std::uint64_t* memory_ = nullptr;
};

TEST_F(SharedSegment, SlotsAreHandedOutOnceAndAgainWhenFree) {
  std::set<std::uint32_t> taken;
  for (int i = 0; i < 4; ++i) taken.insert(segment_->take().value());
  EXPECT_EQ(taken, (std::set<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_FALSE(segment_->take());
  EXPECT_EQ(word(2), wire::slot_valid);
  segment_->free(2);
  EXPECT_EQ(word(2), 0U);
  EXPECT_EQ(segment_->take(), 2U);
  EXPECT_EQ(segment_->slot(2), wire::slot_id(wire::segment_id(1, 2), 2));
}

TEST_F(SharedSegment, TheDataNodeTakesValidityBack) {
  const auto slot = segment_->take().value();
  EXPECT_TRUE(segment_->valid(slot));
  word(slot) &= ~wire::slot_valid;
  EXPECT_FALSE(segment_->valid(slot));
}

TEST_F(SharedSegment, OnlyWhatTheDataNodeHoldsInMemoryIsAnchored) {
  const auto slot = segment_->take().value();
  EXPECT_FALSE(segment_->try_anchor(slot));
  word(slot) |= wire::slot_anchorable;
  EXPECT_TRUE(segment_->try_anchor(slot));
  EXPECT_TRUE(segment_->try_anchor(slot));
  EXPECT_EQ(word(slot) & wire::slot_anchors, 2U);
  segment_->unanchor(slot);
  word(slot) &= ~wire::slot_anchorable;
  EXPECT_FALSE(segment_->try_anchor(slot));
  segment_->unanchor(slot);
  EXPECT_EQ(word(slot), wire::slot_valid);
  word(slot) |= wire::slot_anchorable | wire::slot_anchors;
  EXPECT_FALSE(segment_->try_anchor(slot)) << "no more anchors can be counted";
}

TEST_F(SharedSegment, IsVoidOnceLost) {
  const auto slot = segment_->take().value();
  word(slot) |= wire::slot_anchorable;
  segment_->lose();
  EXPECT_FALSE(segment_->valid(slot));
  EXPECT_FALSE(segment_->try_anchor(slot));
  EXPECT_FALSE(segment_->take());
}

TEST_F(SharedSegment, OfASizeThatNoDataNodeMakesIsRefused) {
  for (const off_t size : {off_t{0}, off_t{63}, off_t{1} << 30}) {
    ASSERT_EQ(::ftruncate(file_.get(), size), 0);
    EXPECT_EQ(shared_segment::map({}, file_).error(), make_error_code(errc::protocol_error)) << size;
  }
  ASSERT_EQ(::ftruncate(file_.get(), 256), 0);
}

}  // namespace
}  // namespace hdfsmount::datanode
