#pragma once

#include <boost/system/result.hpp>

#include "base/error.hpp"

namespace hdfsmount {

/// A value or an error; what every operation that depends on the network, a server or a user returns.
template <class T>
using result = boost::system::result<T, error>;

}  // namespace hdfsmount
