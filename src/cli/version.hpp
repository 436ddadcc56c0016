#pragma once

#include <string_view>

namespace hdfsmount::cli {

/// The project's version, from the top-level meson.build.
inline constexpr std::string_view version = HDFSMOUNT_VERSION;

}  // namespace hdfsmount::cli
