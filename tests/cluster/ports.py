"""Free loopback ports below the range that the kernel hands out for outgoing connections."""

import random
import socket

_FIRST, _LAST = 20000, 32000
_given: set[int] = set()
_random = random.SystemRandom()


def free_port() -> int:
    """A port nobody listens on, never given twice by this process.

    Daemons keep their ports over a restart; below the ephemeral range nobody else gets
    them by chance in between.
    """
    for _ in range(1000):
        port = _random.randint(_FIRST, _LAST)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError(f"no free port between {_FIRST} and {_LAST}")
