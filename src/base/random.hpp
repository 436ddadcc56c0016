#pragma once

#include <random>

#include "base/clock.hpp"

namespace hdfsmount {

/// A random part of `whole`, from none to all of it. Thread-safe.
inline milliseconds random_part(milliseconds whole) {
  thread_local std::minstd_rand generator(std::random_device{}());
  return milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, whole.count())(generator));
}

/// `pause` lengthened by up to a half at random, so that many mounts do not act in step. Thread-safe.
inline milliseconds with_jitter(milliseconds pause) {
  return pause + random_part(pause / 2);
}

}  // namespace hdfsmount
