#include "cli/version.hpp"

namespace hdfsmount::cli {

std::string_view version() {
  return HDFSMOUNT_VERSION;
}

}  // namespace hdfsmount::cli
