"""HTTP over sockets: every way in which a response may end, connections that are kept, and what is never sent."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from typing import Any, Iterator

import pytest

from metlo_auto.collector.security_tests.http_client import Client
from metlo_auto.collector.security_tests.rate import Limiter
from metlo_auto.collector.security_tests.values import Origin, Request
from metlo_auto.collector.security_tests.wire import NoReply, Wire


class Scripted:
    """A server that gives each request the next of `replies`; b"" closes without one. Notes what each connection sent."""

    def __init__(self) -> None:
        self.replies: list[bytes] = []
        self.seen: list[list[bytes]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def origin(self) -> Origin:
        return Origin("http", "127.0.0.1", self._listener.getsockname()[1])

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.seen.append([])
            threading.Thread(target=self._serve, args=(connection, self.seen[-1]), daemon=True).start()

    def _serve(self, connection: socket.socket, seen: "list[bytes]") -> None:
        with connection, contextlib.suppress(ConnectionError):
            while True:
                data = b""
                while b"\r\n\r\n" not in data:
                    more = connection.recv(65_536)
                    if not more:
                        return
                    data += more
                seen.append(data)
                reply = self.replies.pop(0)
                connection.sendall(reply)
                if not reply or b"close" in reply or b"broken" in reply:
                    return


@pytest.fixture
def server() -> Iterator[Scripted]:
    found = Scripted()
    yield found
    found.close()


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
ENDS = [
    (PLAIN, b"hello", True),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: a\r\n\r\n", b"hello", True),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, b"hello", True),
    (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
    (b"HTTP/1.1 304\r\nContent-Length: 5\r\n\r\n", b"", True),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
    (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", b"hello", False),
    (b"HTTP/1.1 200 OK\r\nX: broken\r\nContent-Length: 50\r\n\r\nhello", b"hello", False),
    (b"HTTP/1.1 200 OK\r\nX: broken\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n9\r\nx", b"hello", False),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000, b"x" * 2000, False),
]


@pytest.mark.parametrize("reply, body, is_kept", ENDS)
def test_responses_end_as_they_say(server: Scripted, reply: bytes, body: bytes, is_kept: bool) -> None:
    server.replies = [reply, PLAIN]
    wire = Wire(server.origin, 5, 2000)
    assert wire.ask("GET", "/a b", (), None).body == body and wire.ask("GET", "/", (), None).body == b"hello"
    assert server.seen[0][0].startswith(b"GET /a%20b HTTP/1.1\r\nHost: 127.0.0.1:")
    assert len(server.seen) == (1 if is_kept else 2)
    wire.close()


def test_a_head_has_no_body_and_gzip_is_read_though_nobody_asked_for_it(server: Scripted) -> None:
    packed = gzip.compress(b"hello")
    server.replies = [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                      b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed]  # fmt: skip
    wire = Wire(server.origin, 5, 2000)
    assert wire.ask("HEAD", "/", (), None).body == b"" and wire.ask("GET", "/", (), None).body == b"hello"


def test_a_connection_that_was_closed_meanwhile_is_replaced_but_nothing_else_is_sent_twice(server: Scripted) -> None:
    server.replies = [PLAIN, b"", PLAIN, b"", PLAIN]
    wire = Wire(server.origin, 5, 2000)
    assert [wire.ask("GET", "/", (), None).body for _ in range(2)] == [b"hello"] * 2
    assert [len(seen) for seen in server.seen] == [2, 1]
    with pytest.raises(NoReply):
        wire.ask("POST", "/", (), b"x")
    assert len(server.seen) == 3


@pytest.mark.parametrize("reply", [b"220 mail ready\r\n\r\nclose", b""])
def test_what_is_no_response_fails(server: Scripted, reply: bytes) -> None:
    server.replies = [reply]
    with pytest.raises(NoReply):
        Wire(server.origin, 5, 2000).ask("GET", "/", (), None)


def test_no_response_within_the_time_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NoReply):
        Wire(Origin("http", "127.0.0.1", silent.getsockname()[1]), 0.2, 2000).ask("GET", "/", (), None)


@pytest.mark.parametrize("method, headers", [("GET /x", ()), ("GET", (("A", "b\r\nC: d"),)), ("GET", (("A b", "c"),))])
def test_nothing_that_would_be_another_request_is_sent(server: Scripted, method: str, headers: Any) -> None:
    with pytest.raises(ValueError):
        Wire(server.origin, 5, 2000).ask(method, "/", headers, None)
    assert server.seen == []


def test_cookies_of_a_request_stand_in_for_those_of_its_credentials(server: Scripted) -> None:
    server.replies = [PLAIN]
    request = Request("GET", "/", (), (("Cookie", "theme=x"),))
    Client(server.origin, "r", Limiter(100)).send(request, "ann", (("Cookie", "theme=dark; sid=1"), ("X-A", "b")))
    lines = server.seen[0][0].decode().split("\r\n")
    assert [line for line in lines if line.startswith(("Cookie", "X-"))] == ["Cookie: theme=x; sid=1", "X-A: b", "X-Metlo-Test: r/1"]
