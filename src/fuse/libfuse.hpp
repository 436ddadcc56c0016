#pragma once

/// libfuse's low-level API. Only fuse/ includes it. FUSE_USE_VERSION comes from meson.build: the newest interface that
/// the installed library has.
#include <fuse3/fuse_log.h>
#include <fuse3/fuse_lowlevel.h>
