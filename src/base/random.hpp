#pragma once

#include <random>

#include "base/clock.hpp"

namespace hdfsmount {

/// `pause` lengthened by up to a half at random, so that many mounts do not act in step. Thread-safe.
inline milliseconds with_jitter(milliseconds pause) {
  thread_local std::minstd_rand generator(std::random_device{}());
  return pause + milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, pause.count() / 2)(generator));
}

}  // namespace hdfsmount
