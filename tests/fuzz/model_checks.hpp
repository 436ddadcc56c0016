#pragma once

#include "wire/model.hpp"

/// What wire/model.hpp promises of decoded values; fuzz::broken_promise otherwise.
namespace hdfsmount::fuzz {

void check(const wire::located_block& block);
void check(const wire::located_blocks& located);
void check(const wire::file_status& status);

}  // namespace hdfsmount::fuzz
