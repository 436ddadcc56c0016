#include "fs/inode_table.hpp"

#include <gtest/gtest.h>

#include <set>

#include "records.hpp"

namespace hdfsmount::fs::testing {
namespace {

class inodes : public ::testing::Test {
 protected:
  explicit inodes(const std::string& source = "/") {
    settings.source = source;
    table = std::make_unique<inode_table>(settings, seconds(1));
    table->set_root(record(16385, file_type::directory, now));
  }
  inode_id add(inode_id parent, std::string_view name, std::uint64_t id, file_type type = file_type::directory) {
    const auto view = table->attach(parent, name, record(id, type, now));
    EXPECT_TRUE(view);
    return view ? view->node : inode_id{};
  }
  std::string path(inode_id node) { return table->locate(node, now).value_or(inode_location()).path; }
  std::string inode_path(inode_id node) { return table->locate(node, now).value_or(inode_location()).inode_path; }

  options settings;
  steady_time now = std::chrono::steady_clock::now();
  std::unique_ptr<inode_table> table;
};

TEST_F(inodes, root_is_one_and_stays) {
  EXPECT_EQ(path(root_inode), "/");
  EXPECT_EQ(table->find(root_inode)->ino, 16385U);
  table->forget(root_inode, 100);
  EXPECT_EQ(table->size(), 1U);
}

TEST_F(inodes, live_files_show_their_file_id_but_not_as_nodeid) {
  const auto a = add(root_inode, "a", 16400);
  EXPECT_EQ(table->find(a)->ino, 16400U);
  EXPECT_NE(a.value(), 16400U);
  EXPECT_EQ(path(a), "/a");
  EXPECT_EQ(inode_path(a), "/.reserved/.inodes/16400");
}

TEST_F(inodes, lookups_are_counted_one_by_one) {
  const auto a = add(root_inode, "a", 16400);
  EXPECT_EQ(add(root_inode, "a", 16400), a);
  EXPECT_EQ(add(root_inode, "a", 16400), a);
  EXPECT_EQ(table->lookups(), 3U);
  table->forget(a, 2);
  EXPECT_TRUE(table->find(a));
  table->forget(a, 1);
  EXPECT_FALSE(table->find(a));
  EXPECT_EQ(table->lookups(), 0U);
  EXPECT_EQ(table->size(), 1U);
  table->forget(a, 1);  // late, of an inode long gone
}

TEST_F(inodes, forgetting_too_much_is_no_underflow) {
  const auto a = add(root_inode, "a", 16400);
  table->forget(a, UINT64_MAX);
  EXPECT_EQ(table->lookups(), 0U);
  EXPECT_FALSE(table->find(a));
}

TEST_F(inodes, children_keep_their_ancestors) {
  const auto a = add(root_inode, "a", 16400);
  const auto b = add(a, "b", 16401);
  const auto c = add(b, "c", 16402, file_type::regular);
  table->forget(a, 1);
  table->forget(b, 1);
  EXPECT_EQ(path(c), "/a/b/c");
  table->forget(c, 1);
  EXPECT_EQ(table->size(), 1U) << "the whole chain has to go with its last user";
}

TEST_F(inodes, handles_keep_their_inode) {
  const auto a = add(root_inode, "a", 16400);
  table->pin(a);
  table->forget(a, 1);
  EXPECT_EQ(path(a), "/a");
  table->unpin(a);
  EXPECT_FALSE(table->find(a));
}

TEST_F(inodes, nodeids_are_never_used_twice) {
  const auto first = add(root_inode, "a", 16400);
  table->forget(first, 1);
  EXPECT_NE(add(root_inode, "a", 16400), first);
}

TEST_F(inodes, a_renamed_directory_is_one_update) {
  const auto a = add(root_inode, "a", 16400);
  const auto b = add(a, "b", 16401);
  const auto c = add(b, "c", 16402, file_type::regular);
  const auto z = add(root_inode, "z", 16500);
  EXPECT_EQ(add(z, "moved", 16400), a);
  EXPECT_EQ(path(c), "/z/moved/b/c");
  table->forget(z, 1);
  EXPECT_EQ(path(c), "/z/moved/b/c") << "the new parent is kept by its new child";
  for (const auto node : {a, a, b, c}) table->forget(node, 1);
  EXPECT_EQ(table->size(), 1U);
}

TEST_F(inodes, another_file_of_the_same_name_is_another_inode) {
  const auto old = add(root_inode, "f", 16400, file_type::regular);
  const auto now_there = add(root_inode, "f", 16401, file_type::regular);
  EXPECT_NE(old, now_there);
  EXPECT_EQ(path(old), "") << "its place is taken";
  EXPECT_EQ(inode_path(old), "/.reserved/.inodes/16400");
  EXPECT_EQ(path(now_there), "/f");
}

TEST_F(inodes, what_has_lost_its_place_is_reached_by_id_with_all_below) {
  const auto a = add(root_inode, "a", 16400);
  const auto b = add(a, "b", 16401, file_type::regular);
  table->detach(a);
  EXPECT_EQ(path(a), "");
  EXPECT_FALSE(table->place_of(a));
  EXPECT_EQ(path(b), "");
  EXPECT_EQ(inode_path(b), "/.reserved/.inodes/16401");
  EXPECT_FALSE(table->display_path(b).empty());
  EXPECT_EQ(add(root_inode, "a2", 16400), a);
  EXPECT_EQ(path(b), "/a2/b");
}

TEST_F(inodes, without_inode_paths_a_doubtful_place_is_kept) {
  settings.inode_paths = false;
  inode_table plain(settings, seconds(1));
  plain.set_root(record(16385, file_type::directory, now));
  const auto a = plain.attach(root_inode, "a", record(16400, file_type::directory, now))->node;
  plain.detach(a);
  const auto where = plain.locate(a, now);
  ASSERT_TRUE(where);
  EXPECT_TRUE(where->use_path());
  EXPECT_EQ(where->best(), "/a");
}

TEST_F(inodes, the_path_is_used_while_it_is_confirmed) {
  const auto a = add(root_inode, "a", 16400);
  EXPECT_EQ(table->locate(a, now + milliseconds(999))->best(), "/a");
  EXPECT_EQ(table->locate(a, now + seconds(1))->best(), "/.reserved/.inodes/16400");
  table->update(a, record(16400, file_type::directory, now + seconds(2), false));
  EXPECT_EQ(table->locate(a, now + seconds(2))->best(), "/.reserved/.inodes/16400") << "the id confirms no path";
  table->update(a, record(16400, file_type::directory, now + seconds(2), true));
  EXPECT_EQ(table->locate(a, now + seconds(2))->best(), "/a");
  EXPECT_EQ(table->locate(root_inode, now + seconds(100))->best(), "/");
}

TEST_F(inodes, an_older_answer_does_not_replace_a_newer_one) {
  const auto a = add(root_inode, "a", 16400);
  const auto newer = record(16400, file_type::directory, now + seconds(5));
  table->update(a, newer);
  table->update(a, record(16400, file_type::directory, now + seconds(4)));
  EXPECT_EQ(table->find(a)->record, newer);
}

TEST_F(inodes, a_file_and_its_snapshot_copies_are_apart) {
  const auto d = add(root_inode, "d", 16400);
  const auto f = add(d, "f", 16401, file_type::regular);
  const auto snapshots = add(d, ".snapshot", 0);
  const auto s1 = add(snapshots, "s1", 16400);
  const auto s2 = add(snapshots, "s2", 16400);
  const auto f1 = add(s1, "f", 16401, file_type::regular);
  const auto f2 = add(s2, "f", 16401, file_type::regular);
  const std::set<inode_id> all{d, f, snapshots, s1, s2, f1, f2};
  EXPECT_EQ(all.size(), 7U);
  std::set<std::uint64_t> numbers;
  for (const auto node : all) numbers.insert(table->find(node)->ino);
  EXPECT_EQ(numbers.size(), 7U);
  EXPECT_EQ(add(s1, "f", 16401, file_type::regular), f1);
  EXPECT_EQ(path(f1), "/d/.snapshot/s1/f");
  EXPECT_EQ(inode_path(f1), "/.reserved/.inodes/16400/.snapshot/s1/f");
  EXPECT_EQ(table->find(f1)->ino & (1ULL << 62), 1ULL << 62);
}

TEST_F(inodes, listings_show_the_numbers_that_lookups_give) {
  const auto d = add(root_inode, "d", 16400);
  const auto snapshots = add(d, ".snapshot", 0);
  const auto s1 = add(snapshots, "s1", 16400);
  for (const auto parent : {d, snapshots, s1}) {
    const auto view = *table->find(parent);
    const auto promised = inode_table::ino_of_child(view, "x", file_id(16450));
    EXPECT_EQ(table->find(add(parent, "x", 16450))->ino, promised);
  }
}

TEST_F(inodes, snapshot_numbers_are_the_same_in_every_run_and_after_a_rename) {
  const auto number = [this](inode_table& t, const char* directory) {
    const auto d = t.attach(root_inode, directory, record(16400, file_type::directory, now))->node;
    const auto snapshots = t.attach(d, ".snapshot", record(0, file_type::directory, now))->node;
    const auto s1 = t.attach(snapshots, "s1", record(16400, file_type::directory, now))->node;
    return t.attach(s1, "f", record(16401, file_type::regular, now))->ino;
  };
  inode_table other(settings, seconds(1));
  other.set_root(record(16385, file_type::directory, now));
  EXPECT_EQ(number(*table, "d"), number(other, "renamed"));
}

TEST_F(inodes, the_reserved_tree_is_apart_from_the_live_one) {
  const auto f = add(root_inode, "f", 16400, file_type::regular);
  const auto reserved = add(root_inode, ".reserved", 0);
  const auto by_id = add(reserved, ".inodes", 0);
  const auto same = add(by_id, "16400", 16400, file_type::regular);
  EXPECT_NE(same, f);
  EXPECT_EQ(path(same), "/.reserved/.inodes/16400");
  EXPECT_EQ(inode_path(same), "");
  EXPECT_EQ(path(f), "/f");
  const auto d = add(root_inode, "d", 16500);
  const auto not_special = table->attach(d, ".reserved", record(16501, file_type::directory, now));
  EXPECT_EQ(not_special->ino, 16501U) << "only the root of HDFS has a reserved tree";
}

TEST_F(inodes, a_directory_cannot_be_its_own_descendant) {
  const auto a = add(root_inode, "a", 16400);
  const auto b = add(a, "b", 16401);
  const auto c = add(b, "c", 16402);
  // Elsewhere b went to the root and a into c; we hear of the second only.
  EXPECT_EQ(add(c, "a", 16400), a);
  EXPECT_EQ(inode_path(c), "/.reserved/.inodes/16402");
  EXPECT_FALSE(table->display_path(a).empty());
  EXPECT_FALSE(table->attach(a, "x", record(16400, file_type::directory, now))) << "its own child";
  EXPECT_FALSE(table->attach(a, "x", record(16385, file_type::directory, now))) << "the root below itself";
  for (const auto node : {a, a, b, c}) table->forget(node, 1);
  EXPECT_EQ(table->size(), 1U);
  EXPECT_EQ(table->lookups(), 0U);
}

TEST_F(inodes, content_is_compared_with_the_last_open) {
  const auto f = add(root_inode, "f", 16400, file_type::regular);
  const content_mark first(10, file_time(std::chrono::milliseconds(5)), 0);
  content_mark other_blocks = first;
  other_blocks.version = 1;
  EXPECT_FALSE(table->unchanged_since_open(f, first));
  EXPECT_TRUE(table->unchanged_since_open(f, first));
  EXPECT_FALSE(table->unchanged_since_open(f, other_blocks));
  EXPECT_FALSE(table->unchanged_since_open(f, std::nullopt));
  EXPECT_FALSE(table->unchanged_since_open(f, first)) << "nothing is known of what was read in between";
}

class subtree_inodes : public inodes {
 protected:
  subtree_inodes() : inodes("/user/alice") {}
};

TEST_F(subtree_inodes, paths_begin_with_the_source) {
  const auto a = add(root_inode, "a", 16400);
  EXPECT_EQ(path(root_inode), "/user/alice");
  EXPECT_EQ(path(a), "/user/alice/a");
  const auto reserved = table->attach(root_inode, ".reserved", record(16401, file_type::directory, now));
  EXPECT_EQ(reserved->ino, 16401U);
}

TEST_F(subtree_inodes, the_root_is_whatever_its_path_leads_to) {
  table->set_root(record(17000, file_type::directory, now + seconds(1)));
  EXPECT_EQ(table->find(root_inode)->ino, 17000U);
  EXPECT_EQ(path(root_inode), "/user/alice");
}

class snapshot_inodes : public inodes {
 protected:
  snapshot_inodes() : inodes("/d/.snapshot/s1") {}
};

TEST_F(snapshot_inodes, everything_is_addressed_by_path) {
  const auto f = add(root_inode, "f", 16400, file_type::regular);
  EXPECT_EQ(path(f), "/d/.snapshot/s1/f");
  EXPECT_EQ(inode_path(f), "");
  EXPECT_EQ(table->find(f)->kind, inode_kind::scoped);
  EXPECT_NE(table->find(f)->ino, 16400U);
}

}  // namespace
}  // namespace hdfsmount::fs::testing
