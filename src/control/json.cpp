// The one translation unit that compiles Boost.JSON itself; distributions pair the headers with differing libraries.
#include <boost/json/src.hpp>
