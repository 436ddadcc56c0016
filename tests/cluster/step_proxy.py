"""A DataNode behind a proxy that follows its answers and can stop at a step of a read.

The steps, in their order: "connect" (the client has connected), "answer" (the DataNode has the request, the client has
nothing), "header" (a part of the first packet's header is there), "packet" (half of a packet's data), "trailer" (all data,
without the empty packet that ends a read).
"""

from __future__ import annotations

import socket
import struct
import threading
from typing import Callable

STEPS = ("connect", "answer", "header", "packet", "trailer")


class _Stopped(Exception):
    """The connection ends here."""


class _Answers:
    """The bytes of one connection from DataNode to client, passed on as far as they are understood."""

    def __init__(self, server: socket.socket, client: socket.socket, reached: Callable[[str], None]):
        self._server = server.makefile("rb")
        self._client = client
        self._reached = reached

    def _take(self, size: int) -> bytes:
        taken = self._server.read(size)
        if len(taken) < size:
            raise _Stopped
        return taken

    def run(self) -> None:
        while True:
            first = self._take(1)
            self._reached("answer")
            if self._operation_succeeded(first):
                self._packets()

    def _operation_succeeded(self, taken: bytes) -> bool:
        """Passes on a BlockOpResponseProto with the varint of its length before it."""
        length, shift = taken[0] & 0x7F, 7
        while taken[-1] & 0x80:
            taken += self._take(1)
            length |= (taken[-1] & 0x7F) << shift
            shift += 7
        response = self._take(length)
        self._client.sendall(taken + response)
        # Its first field is the status, and SUCCESS is 0.
        return response[:2] == b"\x08\x00"

    def _packets(self) -> None:
        """Passes on packets: length of checksums and data plus 4, length of the header, header, checksums, data."""
        while True:
            head = self._take(6)
            length, header_length = struct.unpack(">IH", head)
            if length == 4:
                self._reached("trailer")
                self._client.sendall(head + self._take(header_length))
                return
            head += self._take(header_length)
            self._client.sendall(head[:15])
            self._reached("header")
            body = self._take(length - 4)
            self._client.sendall(head[15:] + body[:len(body) // 2])
            self._reached("packet")
            self._client.sendall(body[len(body) // 2:])


class StepProxy:
    """Listens at one "host:port" for a DataNode's transfer address while it is open."""

    def __init__(self, listen: str, target: str):
        self._listen, self._target = _address(listen), _address(target)
        self._lock = threading.Lock()
        self._waiting_for: tuple[str, Callable[[], None]] | None = None
        self._listener: socket.socket | None = None
        self.open()

    def open(self) -> None:
        """Listens, again if it was closed."""
        if self._listener is None:
            self._listener = socket.create_server(self._listen, backlog=128)
            threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """From now on connections are refused; the present ones go on."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def at(self, step: str | None, hook: Callable[[], None] = lambda: None) -> None:
        """Calls `hook` once when a connection gets to `step`, and ends that connection there; None: never."""
        with self._lock:
            self._waiting_for = None if step is None else (step, hook)

    def _reached(self, step: str) -> None:
        with self._lock:
            if self._waiting_for is None or self._waiting_for[0] != step:
                return
            hook, self._waiting_for = self._waiting_for[1], None
        hook()
        raise _Stopped

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client: socket.socket) -> None:
        with client:
            try:
                self._reached("connect")
                with socket.create_connection(self._target) as server:
                    threading.Thread(target=_copy, args=(client, server), daemon=True).start()
                    try:
                        _Answers(server, client, self._reached).run()
                    finally:
                        for end in (client, server):
                            _shut_down(end, socket.SHUT_RDWR)
            except (OSError, _Stopped):
                pass


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    _shut_down(sink, socket.SHUT_WR)


def _shut_down(end: socket.socket, how: int) -> None:
    try:
        end.shutdown(how)
    except OSError:
        pass


def _address(text: str) -> tuple[str, int]:
    host, port = text.rsplit(":", 1)
    return host, int(port)
