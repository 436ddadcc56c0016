#pragma once

#include <string_view>
#include <vector>

namespace hdfsmount::config {

/// The candidate nearest to `word` by insertions, deletions, replacements and swaps of neighbours; empty when none is
/// near enough to be what was meant (two changes, one for words of up to four characters).
std::string_view closest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace hdfsmount::config
