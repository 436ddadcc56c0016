"""TCP as if its two ends were far apart.

Run as a program: `delay_proxy.py ROUND_TRIP_SECONDS LISTEN=TARGET...` (each "host:port") until stdin ends; prints "ready".
Every byte, and the end of a stream, arrives half a round trip after it was sent, in both directions, and a new connection
is of use a round trip after it was asked for, as TCP's handshake takes. There is no other limit than the memory of a fast
and long line: what is on its way in one direction of a connection is bounded.
"""

import queue
import socket
import subprocess
import sys
import threading
import time

CHUNK = 256 * 1024
ON_ITS_WAY = 8 * 1024 * 1024  # bytes in one direction of a connection, about what Linux grants a TCP window
_SPARE = ON_ITS_WAY // CHUNK


class DelayProxy:
    """Owner's side: proxies in a process of their own while this object is open.

    routes   listening address -> target address, each "host:port"
    """

    def __init__(self, round_trip: float, routes: dict[str, str]):
        argv = [sys.executable, "-I", __file__, str(round_trip), *(f"{a}={b}" for a, b in routes.items())]
        self._child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._child.stdout.readline() != "ready\n":
            raise RuntimeError(f"{' '.join(argv)} did not start")

    def close(self) -> None:
        self._child.stdin.close()
        self._child.stdout.close()
        self._child.wait()

    def __enter__(self) -> "DelayProxy":
        return self

    def __exit__(self, *_) -> None:
        self.close()


class _direction:
    """Bytes of one connection in one direction: a thread that takes them in, and one that lets them out when due."""

    def __init__(self, source: socket.socket, sink: socket.socket, delay: float, usable: float):
        self._source, self._sink = source, sink
        self._delay, self._usable = delay, usable
        self._spare: queue.SimpleQueue = queue.SimpleQueue()
        self._moving: queue.SimpleQueue = queue.SimpleQueue()
        for _ in range(_SPARE):
            self._spare.put(None)  # made when first needed
        for work in (self._take_in, self._let_out):
            threading.Thread(target=work, daemon=True).start()

    def _take_in(self) -> None:
        while True:
            buffer = self._spare.get() or bytearray(CHUNK)
            try:
                count = self._source.recv_into(buffer)
            except OSError:
                count = 0
            self._moving.put((max(time.monotonic(), self._usable) + self._delay, buffer, count))
            if count == 0:
                return

    def _let_out(self) -> None:
        broken = False
        while True:
            due, buffer, count = self._moving.get()
            early = due - time.monotonic()
            if early > 0:
                time.sleep(early)
            if count == 0:
                _end(self._sink, socket.SHUT_WR)
                return
            try:
                if not broken:
                    self._sink.sendall(memoryview(buffer)[:count])
            except OSError:
                # Nobody listens any more: the sender learns it, and what it still sends is dropped.
                broken = True
                _end(self._source, socket.SHUT_RD)
            self._spare.put(buffer)


def _end(end: socket.socket, how: int) -> None:
    try:
        end.shutdown(how)
    except OSError:
        pass


def _connect(client: socket.socket, target: tuple[str, int], round_trip: float) -> None:
    usable = time.monotonic() + round_trip
    try:
        server = socket.create_connection(target)
    except OSError:
        client.close()
        return
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _direction(client, server, round_trip / 2, usable)
    _direction(server, client, round_trip / 2, usable)


def _address(text: str) -> tuple[str, int]:
    host, port = text.rsplit(":", 1)
    return host, int(port)


def _serve(listener: socket.socket, target: tuple[str, int], round_trip: float) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_connect, args=(client, target, round_trip), daemon=True).start()


def _main(round_trip: str, *routes: str) -> None:
    sys.setswitchinterval(0.0005)
    for route in routes:
        listen, target = route.split("=")
        listener = socket.create_server(_address(listen), backlog=1024)
        threading.Thread(target=_serve, args=(listener, _address(target), float(round_trip)), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _main(*sys.argv[1:])
