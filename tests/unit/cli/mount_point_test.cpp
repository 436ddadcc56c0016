#include "cli/mount_point.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "cli/startup_error.hpp"

namespace hdfsmount::cli {
namespace {

std::string refusal(const std::string& path) {
  try {
    return "accepted as " + check_mount_point(path);
  } catch (const startup_error& problem) {
    return problem.what();
  }
}

class mount_point_test : public ::testing::Test {
 protected:
  mount_point_test() {
    std::string pattern = ::testing::TempDir() + "hdfsmount-point-XXXXXX";
    directory_ = std::filesystem::canonical(::mkdtemp(pattern.data())).string();
  }
  ~mount_point_test() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
};

TEST_F(mount_point_test, a_directory_is_resolved_even_when_it_is_not_empty) {
  std::ofstream(directory_ + "/file") << "x";
  std::filesystem::create_directory_symlink(directory_, directory_ + "/link");
  EXPECT_EQ(check_mount_point(directory_), directory_);
  EXPECT_EQ(check_mount_point(directory_ + "/link/."), directory_);
}

TEST_F(mount_point_test, says_what_is_wrong_and_what_to_do) {
  std::ofstream(directory_ + "/file") << "x";
  EXPECT_NE(refusal(directory_ + "/missing").find("does not exist; create it: mkdir -p"), std::string::npos);
  EXPECT_NE(refusal(directory_ + "/file").find("is not a directory"), std::string::npos);
  EXPECT_NE(refusal(directory_ + "/file/below").find("Not a directory"), std::string::npos);
  EXPECT_NE(refusal("/proc").find("occupied by a mount of proc (type proc)"), std::string::npos);
}

}  // namespace
}  // namespace hdfsmount::cli
