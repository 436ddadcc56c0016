#pragma once

#include "async/task.hpp"
#include "base/clock.hpp"

namespace hdfsmount::async {

/// Waits until `when`; errc::cancelled when the task is cancelled first.
task<result<void>> sleep_until(steady_time when);

}  // namespace hdfsmount::async
