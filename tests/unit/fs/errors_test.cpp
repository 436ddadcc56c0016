#include "fs/errors.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace hdfsmount::fs {
namespace {

TEST(errno_table, is_total_and_never_zero) {
  for (int op = 0; op <= static_cast<int>(operation::removexattr); ++op) {
    for (int value = -1; value < 40; ++value) {
      for (const auto* category : {&client_category(), &namenode_category(), &datanode_category(), &fs_category()}) {
        const error failure(boost::system::error_code(value, *category));
        EXPECT_GT(errno_of(failure, static_cast<operation>(op)), 0) << category->name() << ' ' << value;
      }
    }
  }
  EXPECT_EQ(errno_of(error(), operation::read), EIO);
  EXPECT_EQ(errno_of(error(boost::system::error_code(ENOENT, boost::system::generic_category())), operation::read),
            EIO);
}

struct expectation {
  error failure;
  operation op;
  int number;
};

class errno_of_error : public ::testing::TestWithParam<expectation> {};

TEST_P(errno_of_error, is_as_documented) {
  EXPECT_EQ(errno_of(GetParam().failure, GetParam().op), GetParam().number)
      << GetParam().failure.to_string() << " of " << to_string(GetParam().op);
}

INSTANTIATE_TEST_SUITE_P(documented, errno_of_error,
                         ::testing::Values(expectation{errc::timed_out, operation::read, ETIMEDOUT},
                                           expectation{errc::cancelled, operation::lookup, EINTR},
                                           expectation{errc::invalid_name, operation::lookup, EILSEQ},
                                           expectation{errc::unsupported, operation::open, EOPNOTSUPP},
                                           expectation{errc::no_replica, operation::read, EIO},
                                           expectation{errc::checksum_mismatch, operation::read, EIO},
                                           expectation{errc::connect_failed, operation::getattr, EIO},
                                           expectation{errc::out_of_memory, operation::read, ENOMEM},
                                           expectation{errc::shutting_down, operation::read, ENOTCONN},
                                           expectation{namenode_errc::not_found, operation::lookup, ENOENT},
                                           expectation{namenode_errc::not_found, operation::readdir, ENOENT},
                                           expectation{namenode_errc::not_found, operation::read, ESTALE},
                                           expectation{namenode_errc::access_denied, operation::opendir, EACCES},
                                           expectation{namenode_errc::access_denied, operation::setattr, EPERM},
                                           expectation{namenode_errc::not_directory, operation::lookup, ENOTDIR},
                                           expectation{namenode_errc::name_too_long, operation::lookup, ENAMETOOLONG},
                                           expectation{namenode_errc::safe_mode, operation::mkdir, EROFS},
                                           expectation{namenode_errc::safe_mode, operation::open, EIO},
                                           expectation{namenode_errc::snapshot_error, operation::rmdir, EBUSY},
                                           expectation{namenode_errc::snapshot_error, operation::create, EROFS},
                                           expectation{namenode_errc::unresolved_link, operation::lookup, ESTALE},
                                           expectation{datanode_errc::unsupported, operation::read, EOPNOTSUPP},
                                           expectation{make_error(fs_errc::stale), operation::getattr, ESTALE},
                                           expectation{make_error(fs_errc::read_only), operation::mkdir, EROFS},
                                           expectation{make_error(fs_errc::bad_handle), operation::read, EBADF},
                                           expectation{make_error(fs_errc::is_directory), operation::open, EISDIR},
                                           expectation{make_error(fs_errc::is_link), operation::open, ELOOP},
                                           expectation{make_error(fs_errc::not_link), operation::readlink, EINVAL},
                                           expectation{make_error(fs_errc::name_too_long), operation::lookup,
                                                       ENAMETOOLONG}));

TEST(operation_names, are_the_system_calls) {
  EXPECT_EQ(to_string(operation::lookup), "lookup");
  EXPECT_EQ(to_string(operation::read), "read");
  EXPECT_EQ(to_string(operation::statfs), "statfs");
  EXPECT_EQ(to_string(operation::fallocate), "fallocate");
  EXPECT_EQ(to_string(operation::removexattr), "removexattr");
}

}  // namespace
}  // namespace hdfsmount::fs
