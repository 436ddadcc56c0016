#pragma once

/// libfuse's low-level API. Only fuse/ includes it. FUSE_USE_VERSION comes from meson.build: the newest interface that
/// the installed library has; read alone, this header takes the one of 3.12.
#ifndef FUSE_USE_VERSION
#define FUSE_USE_VERSION 312
#endif

#include <fuse3/fuse_log.h>
#include <fuse3/fuse_lowlevel.h>
