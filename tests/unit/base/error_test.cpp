#include "base/error.hpp"

#include <gtest/gtest.h>

#include "base/result.hpp"

namespace hdfsmount {
namespace {

result<int> fails() {
  return error(namenode_errc::not_found, "File does not exist: /a\nb");
}

TEST(Error, CarriesCodeAndPrintableDetail) {
  const auto r = fails();
  ASSERT_TRUE(r.has_error());
  EXPECT_EQ(r.error(), make_error_code(namenode_errc::not_found));
  EXPECT_EQ(r.error().to_string(), "no such file or directory: File does not exist: /a b");
}

TEST(Error, ContextGoesBeforeTheDetail) {
  EXPECT_EQ(error(errc::timed_out).with_context("nn:8020").to_string(), "timed out: nn:8020");
  EXPECT_EQ(error(errc::timed_out, "x").with_context("nn:8020").to_string(), "timed out: nn:8020: x");
}

TEST(Error, PrintableCutsLongText) {
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

}  // namespace
}  // namespace hdfsmount
