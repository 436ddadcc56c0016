#include "wire/element_budget.hpp"

#include <gtest/gtest.h>

#include "bytes.hpp"

namespace hdfsmount::wire {
namespace {

constexpr message_shape inner[] = {{2, {}}};
constexpr message_shape outer[] = {{1, inner}, {3, {}}};

boost::system::error_code check(std::string_view text, std::size_t limit) {
  return check_element_budget(bytes_of(hex(text)), outer, limit).error().code();
}

TEST(ElementBudget, CountsTheNamedFieldsInEveryDepth) {
  // Field 1 twice, with two and one of its field 2, and field 3 once; fields 4 and 5 do not count.
  constexpr auto message = "0a 04 12 00 12 00 0a 02 12 00 1a 00 22 00 28 07";
  EXPECT_EQ(check(message, 6), boost::system::error_code());
  EXPECT_EQ(check(message, 5), make_error_code(errc::limit_exceeded));
  EXPECT_EQ(check("", 0), boost::system::error_code());
}

TEST(ElementBudget, SkipsScalarsOfEveryType) {
  EXPECT_EQ(check("08 ff 01 09 00 00 00 00 00 00 00 00 0d 00 00 00 00 1a 00", 1), boost::system::error_code());
}

TEST(ElementBudget, RefusesWhatIsNoMessage) {
  for (const auto* text : {"0a", "0a 01", "08", "08 ff", "09 00", "0d 00", "0b", "0c", "0e", "0f", "80",
                           "08 ff ff ff ff ff ff ff ff ff ff 01", "0a ff ff ff ff ff 01", "0a 02 12 01"})
    EXPECT_EQ(check(text, 100), make_error_code(errc::protocol_error)) << text;
}

}  // namespace
}  // namespace hdfsmount::wire
