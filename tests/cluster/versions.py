"""Hadoop versions that the tests run on, and what each of them can do."""

import os
import re

# Everything is tested on this one, and proto/ has its messages.
REFERENCE_VERSION = "3.4.2"

# scripts/matrix runs on these.
TESTED_VERSIONS = ("2.10.2", "3.3.6", "3.4.2", "3.5.0")

# What a cluster runs unless its maker says otherwise.
DEFAULT_VERSION = os.environ.get("HDFSMOUNT_HADOOP_VERSION") or REFERENCE_VERSION

# First versions of what a test may need.
FEATURES = {
    "erasure coding": "3.0.0",
}

# What the clusters of the tests offer only below a version, and why.
LIMITS = {
    "shared memory segments": ("3.5.0", "libhadoop.so of hadoop-apache 3.3.5, the newest in a registry, sets a field that is gone"),
}


def ordinal(version: str) -> tuple[int, ...]:
    """What versions are compared by; ValueError for what is no release's number."""
    if not re.fullmatch(r"\d+(\.\d+)+", version):
        raise ValueError(f"{version!r} is no Hadoop version: it must read like {REFERENCE_VERSION}")
    return tuple(map(int, version.split(".")))


def missing(feature: str, version: str) -> str | None:
    """Why a test of that feature cannot run on a version, None if it can; KeyError for an unknown feature."""
    if feature in LIMITS:
        end, reason = LIMITS[feature]
        return f"no {feature} from Hadoop {end} on: {reason}" if ordinal(version) >= ordinal(end) else None
    first = FEATURES[feature]
    if ordinal(version) >= ordinal(first):
        return None
    return f"{feature} is not in Hadoop {version}, but since {first}"
