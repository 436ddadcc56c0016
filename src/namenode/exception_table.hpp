#pragma once

#include <string_view>

#include "base/error.hpp"
#include "rpc/reply.hpp"

namespace hdfsmount::namenode {

/// What an exception of a NameNode means, and under which name it is counted.
struct translated_exception {
  translated_exception(error what_, std::string_view label_) : what(std::move(what_)), label(label_) {}
  error what;  ///< its detail is the exception's first line
  std::string_view
      label;  ///< short class name for metrics, a literal; "other" for classes that the table does not have
};

/// The one table from (method, exception class) to error code. Where a class alone is ambiguous the table goes on to
/// the message, which differs between Hadoop versions; so that is the last resort.
translated_exception translate(std::string_view method, const rpc::remote_exception& exception);

}  // namespace hdfsmount::namenode
