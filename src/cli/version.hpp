#pragma once

#include <string_view>

namespace hdfsmount::cli {

/// The project's version, from the top-level meson.build.
std::string_view version();

}  // namespace hdfsmount::cli
