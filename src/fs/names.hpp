#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace hdfsmount::fs {

inline constexpr std::size_t name_max = 255;  ///< bytes; HDFS's default limit and what statvfs(3) shows

/// Whether HDFS could hold a file of this name. Errors: fs_errc::name_too_long; errc::invalid_name for what is not
/// UTF-8; fs_errc::not_found for names that HDFS refuses everywhere (with ':', "." and ".."), which therefore do not
/// exist. (Hadoop's DFSUtil.isValidName)
result<void> check_name(std::string_view name);

/// RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// The same on every host and in every run. (FNV-1a, 64 bits, with a final mix)
std::uint64_t stable_hash(std::uint64_t seed, std::string_view text) noexcept;

/// `directory` + '/' + `name`.
std::string join(std::string_view directory, std::string_view name);
/// The path that leads to a file of the live tree wherever it is.
std::string inode_path(file_id id);

}  // namespace hdfsmount::fs
