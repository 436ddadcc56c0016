"""Deterministic file contents that Python and the Java client make alike.

The bytes of (seed) repeat with a prime period just over 1 MiB, so no two blocks of a file
are equal and a byte in the wrong place is a wrong byte.
"""

import functools
import hashlib

PERIOD = 1048583


@functools.lru_cache(maxsize=8)
def _period(seed: int) -> bytes:
    return prefix(seed, PERIOD)


def prefix(seed: int, length: int) -> bytes:
    """pattern(seed, 0, length) of at most PERIOD bytes, without making the whole period."""
    assert length <= PERIOD
    return b"".join(hashlib.sha256(f"{seed}:{i}".encode()).digest() for i in range(length // 32 + 1))[:length]


def pattern(seed: int, offset: int, length: int) -> bytes:
    """The bytes [offset, offset + length) of a seed's endless contents."""
    period = _period(seed)
    start = offset % PERIOD
    repeated = period * ((start + length) // PERIOD + 1)
    return repeated[start:start + length]


def chunks(seed: int, size: int, step: int = 16 * PERIOD):
    """The first `size` bytes, a piece at a time."""
    for offset in range(0, size, step):
        yield pattern(seed, offset, min(step, size - offset))


def md5(seed: int, size: int) -> str:
    """The MD5 of the first `size` bytes, in hexadecimal."""
    digest = hashlib.md5()
    for piece in chunks(seed, size):
        digest.update(piece)
    return digest.hexdigest()
