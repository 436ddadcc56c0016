"""The delaying proxy: how late it is, how much it carries, and how connections end."""

import socket
import threading
import time

import pytest

from tests.cluster.delay_proxy import CHUNK, DelayProxy
from tests.cluster.ports import free_port

ROUND_TRIP = 0.04
MUCH = 100 * CHUNK


@pytest.fixture
def ends():
    """A function: both ends of a connection through a proxy with that round trip, (client, server)."""
    opened = []

    def connect(round_trip):
        listener = socket.create_server(("127.0.0.1", free_port()))
        near = ("127.0.0.1", free_port())
        proxy = DelayProxy(round_trip, {"%s:%d" % near: "%s:%d" % listener.getsockname()})
        client = socket.create_connection(near)
        server, _ = listener.accept()
        opened.extend([client, server, listener, proxy])
        for end in (client, server):
            end.settimeout(20)
        return client, server

    yield connect
    for one in opened:
        one.close()


def received(end, count):
    data = b""
    while len(data) < count:
        piece = end.recv(count - len(data))
        assert piece
        data += piece
    return data


def test_a_new_connection_is_of_use_after_a_round_trip_and_a_half(ends):
    begin = time.monotonic()
    client, server = ends(ROUND_TRIP)
    client.sendall(b"x")
    assert received(server, 1) == b"x"
    assert time.monotonic() - begin > 1.5 * ROUND_TRIP


def test_an_answer_takes_a_round_trip(ends):
    client, server = ends(ROUND_TRIP)
    time.sleep(2 * ROUND_TRIP)
    for _ in range(3):
        begin = time.monotonic()
        client.sendall(b"question")
        assert received(server, 8) == b"question"
        server.sendall(b"answer")
        assert received(client, 6) == b"answer"
        assert ROUND_TRIP <= time.monotonic() - begin < 5 * ROUND_TRIP


def test_much_arrives_in_order_and_not_piece_by_piece(ends):
    client, server = ends(ROUND_TRIP)
    sent = b"".join(number.to_bytes(4, "big") for number in range(MUCH // 4))
    sender = threading.Thread(target=server.sendall, args=(sent,))
    begin = time.monotonic()
    sender.start()
    assert received(client, len(sent)) == sent
    assert time.monotonic() - begin < len(sent) / CHUNK * ROUND_TRIP / 2
    sender.join()


def test_the_end_of_a_stream_passes_in_each_direction(ends):
    client, server = ends(0.0)
    client.sendall(b"last words")
    client.shutdown(socket.SHUT_WR)
    assert received(server, 10) == b"last words"
    assert server.recv(1) == b""
    server.sendall(b"answer")
    server.close()
    assert received(client, 6) == b"answer"
    assert client.recv(1) == b""


def test_a_receiver_that_hangs_up_ends_the_sender(ends):
    client, server = ends(0.0)
    client.close()
    with pytest.raises(OSError):
        for _ in range(1000):
            server.sendall(bytes(CHUNK))
