#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "base/error.hpp"

namespace hdfsmount::config {

/// Everything that is wrong with what the user wrote: what() is one line, control characters replaced, that names the
/// file and line, the key or the option, and says what to do. Thrown at start-up only; main prints it behind the
/// program's name.
class config_error : public std::runtime_error {
 public:
  explicit config_error(const std::string& line) : std::runtime_error(printable(line, 4000)) {}

  template <class... Args>
  static config_error of(fmt::format_string<Args...> format, Args&&... args) {
    return config_error(fmt::format(format, std::forward<Args>(args)...));
  }
};

}  // namespace hdfsmount::config
