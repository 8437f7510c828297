"""Who asks the listener is noted, whatever it says; who only connects is not."""

from __future__ import annotations

import http.client
import socket
from typing import Iterator

import pytest

from metlo_auto.collector.security_tests.listener import Listener


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.close()


def asked(listener: Listener, raw: bytes) -> bytes:
    host, _, port = listener.address.partition(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            return stream.read()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_every_method_is_an_ask_and_gets_a_response(listener: Listener, method: str) -> None:
    connection = http.client.HTTPConnection(listener.address, timeout=5)
    connection.request(method, "/token/more?x=1", b"" if method != "POST" else b"a body", {"X-A": "b"})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"" if method == "HEAD" else b"seen")
    connection.close()
    assert listener.was_asked("token") and not listener.was_asked("other", 0)


@pytest.mark.parametrize("target", ["/token", "token", "http://other.example/token/x", "/token?u=http://a.example/b"])
def test_the_token_is_the_first_step_of_the_path(listener: Listener, target: str) -> None:
    assert asked(listener, f"GET {target} HTTP/1.0\r\n\r\n".encode()).startswith(b"HTTP/1.1 200 ")
    assert listener.was_asked("token")


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"token\r\n", b"\x16\x03\x01"])
def test_what_is_no_request_is_no_ask_and_the_next_is_heard(listener: Listener, raw: bytes) -> None:
    assert asked(listener, raw) == b"" and not listener.was_asked("token", 0.05)
    assert asked(listener, b"GET /token\r\n\r\n") and listener.was_asked("token")


def test_nobody_listens_before_an_address_is_asked_for_or_after_the_end() -> None:
    listener = Listener()
    listener.close()  # it never listened
    host, _, port = listener.address.partition(":")
    listener.close()
    with pytest.raises(OSError):
        socket.create_connection((host, int(port)), 1)
