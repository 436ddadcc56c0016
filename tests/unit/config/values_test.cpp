#include "config/values.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace hdfsmount::config {
namespace {

using namespace std::chrono_literals;

TEST(values, trims_what_java_trims) {
  EXPECT_EQ(trim(" \t\r\n a b \x01 "), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(values, integers_are_decimal_or_hexadecimal) {
  EXPECT_EQ(parse_integer("42"), 42);
  EXPECT_EQ(parse_integer("-42"), -42);
  EXPECT_EQ(parse_integer("0x1F"), 31);
  EXPECT_EQ(parse_integer("-0X10"), -16);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const auto bad : {"", "-", "0x", "4 2", "42s", "1.5", "9223372036854775808", "0xffffffffffffffff", "--1"}) {
    EXPECT_FALSE(parse_integer(bad)) << bad;
  }
}

TEST(values, sizes_take_binary_suffixes) {
  EXPECT_EQ(parse_size("512"), 512);
  EXPECT_EQ(parse_size("128m"), 128 << 20);
  EXPECT_EQ(parse_size("2G"), std::int64_t{2} << 30);
  EXPECT_EQ(parse_size("1k"), 1024);
  EXPECT_EQ(parse_size("7e"), std::int64_t{7} << 60);
  for (const auto bad : {"", "k", "1.5g", "128mb", "8e", "12x"}) EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(values, booleans_are_two_words) {
  EXPECT_EQ(parse_bool("TRUE"), true);
  EXPECT_EQ(parse_bool("false"), false);
  for (const auto bad : {"", "yes", "1", "truee"}) EXPECT_FALSE(parse_bool(bad)) << bad;
}

TEST(values, durations_take_hadoops_suffixes) {
  struct row {
    const char* text;
    nanoseconds expected;
  };
  constexpr std::array rows{row{"7ns", 7ns},    row{"7us", 7us},     row{"7ms", 7ms}, row{"7s", 7s},
                            row{"7m", 7min},    row{"7H", 7h},       row{"7d", 168h}, row{"7", 7ms},
                            row{"0.5s", 500ms}, row{"1.25", 1250us}, row{"-1", -1ms}};
  for (const auto& [text, expected] : rows) EXPECT_EQ(parse_duration(text, 1ms), expected) << text;
  for (const auto bad : {"", "s", "7 s", "7 sec", "1e3", "nan", "inf", "7w"})
    EXPECT_FALSE(parse_duration(bad, 1ms)) << bad;
}

TEST(values, endless_durations_become_ten_years) {
  const nanoseconds ten_years = 24h * 3650;
  EXPECT_EQ(parse_duration("9223372036854775807", 1ms), ten_years);
  EXPECT_EQ(parse_duration("99999999999999999999.5d", 1ms), ten_years);
  EXPECT_EQ(parse_duration("-9223372036854775807d", 1ms), -ten_years);
}

TEST(values, octal_modes_stop_at_0777) {
  EXPECT_EQ(parse_octal_mode("022"), 022U);
  EXPECT_EQ(parse_octal_mode("777"), 0777U);
  for (const auto bad : {"", "8", "1777", "0x1", "-1"}) EXPECT_FALSE(parse_octal_mode(bad)) << bad;
}

TEST(values, lists_drop_blanks_and_empty_items) {
  EXPECT_EQ(parse_list(" nn1 ,, nn2\n, "), (std::vector<std::string>{"nn1", "nn2"}));
  EXPECT_TRUE(parse_list(" , ").empty());
}

}  // namespace
}  // namespace hdfsmount::config
