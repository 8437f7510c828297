"""HTTP/1.1 over sockets of one origin, bytes out and bytes in; knows nothing of tests.

A run sends thousands of small requests beside the app that it tests, and libraries for HTTP take several times as long.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
import zlib
from functools import lru_cache
from typing import NamedTuple, Optional, Sequence
from urllib.parse import quote

from metlo_auto.collector.security_tests.safety import READING
from metlo_auto.collector.security_tests.values import Origin, Pairs

MOST_HEAD = 200_000  # bytes
SLACK = 0.25  # seconds that a wait may end later than it should
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NO_VALUE = re.compile(r"[\r\n\0]")
_TARGET = re.compile(r"[\x21-\x7e]+")
_NO_TARGET = re.compile(r"[^\x21-\x7e]")
_STATUS = re.compile(rb"HTTP/1\.(\d) (\d{3})(?: |$)")


class NoReply(OSError):
    """No response, or none that can be read. `is_stale`: nothing came over a connection that had been used before."""

    def __init__(self, told: str, is_stale: bool = False) -> None:
        super().__init__(told)
        self.is_stale = is_stale


class _Framing(NamedTuple):
    """What headers say of a body, in lower case. `length`: None where they do not tell it."""

    is_chunked: bool
    length: Optional[int]
    is_last: bool  # the connection is closed behind it
    encoding: str


class Reply(NamedTuple):
    """`body`: decoded, and cut where it was longer than was wanted."""

    status: int
    headers: Pairs
    body: bytes


class Wire:
    """Connections to `origin`, each used by one thread at a time and kept for the next. Threads may share it."""

    def __init__(self, origin: Origin, timeout: float, most_body: int) -> None:
        self._origin = origin
        self._timeout = timeout
        self._most_body = most_body
        self._lock = threading.Lock()
        self._idle: list[_Connection] = []
        self._tls = ssl.create_default_context() if origin.scheme == "https" else None

    def ask(self, method: str, target: str, headers: Sequence["tuple[str, str]"], body: Optional[bytes]) -> Reply:
        """Raises NoReply, ValueError for what cannot be sent."""
        sent = _head(method, target, self._origin.netloc, headers, body) + (body or b"")
        deadline = time.monotonic() + self._timeout
        if method in READING:  # of others nobody knows whether a server did them before it closed
            try:
                return self._asked(self._taken(), sent, method, deadline)
            except NoReply as failed:
                if not failed.is_stale:
                    raise
        return self._asked(_Connection(self._origin, self._tls, deadline), sent, method, deadline)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _taken(self) -> "_Connection":
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Connection(self._origin, self._tls, time.monotonic() + self._timeout)

    def _asked(self, connection: "_Connection", sent: bytes, method: str, deadline: float) -> Reply:
        may_be_kept = False
        try:
            connection.send(sent, deadline)
            reply, may_be_kept = connection.read(method, deadline, self._most_body)
            return reply
        finally:
            if may_be_kept:
                with self._lock:
                    self._idle.append(connection)
            else:
                connection.close()


def _head(method: str, target: str, host: str, headers: Sequence["tuple[str, str]"], body: Optional[bytes]) -> bytes:
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"{method!r} is no method")
    if not _TARGET.fullmatch(target):
        target = _NO_TARGET.sub(lambda found: quote(found.group(), safe=""), target)
    names, lines = zip(*(_line(*header) for header in headers)) if headers else ((), ())
    first = f"{method} {target} HTTP/1.1\r\n" + ("" if "host" in names else f"Host: {host}\r\n")
    length = ""
    if "content-length" not in names and (body is not None or method in ("POST", "PUT", "PATCH")):
        length = f"Content-Length: {len(body or b'')}\r\n"
    return (first + "".join(lines) + length + "\r\n").encode("latin-1", "replace")


@lru_cache(maxsize=4096)  # a run sends few of them, over and over
def _line(name: str, value: str) -> "tuple[str, str]":
    """The name in lower case, and the line of a header. Raises ValueError."""
    if not _TOKEN.fullmatch(name) or _NO_VALUE.search(value):
        raise ValueError(f"the header {name!r} cannot be sent")
    return name.lower(), f"{name}: {value}\r\n"


@lru_cache(maxsize=512)  # all but the date are the same in one response and the next
def _pair(line: bytes) -> "tuple[str, str]":
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip(), value.strip()


@lru_cache(maxsize=256)
def _framing(headers: Pairs) -> _Framing:
    found = {name.lower(): value for name, value in headers}
    length = found.get("content-length", "")
    return _Framing(
        "chunked" in found.get("transfer-encoding", "").lower(),
        int(length) if length.isascii() and length.isdigit() else None,
        found.get("connection", "").lower() == "close",
        found.get("content-encoding", "").lower(),
    )


class _Connection:
    """`_waits`: the seconds that its socket waits as it is set now; setting them takes a call of the system."""

    def __init__(self, origin: Origin, tls: Optional[ssl.SSLContext], deadline: float) -> None:
        self._waits = max(0.01, deadline - time.monotonic())
        try:
            self._socket = socket.create_connection((origin.host, origin.port), self._waits)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=origin.host)
        except OSError as error:
            raise NoReply(f"{type(error).__name__}: {error}") from error
        self._buffer = b""
        self._is_used = False

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes, deadline: float) -> None:
        self._wait_until(deadline)
        try:
            self._socket.sendall(data)
        except OSError as error:
            if not self._is_used and not isinstance(error, socket.timeout):
                return  # a server may answer before it has read all
            raise NoReply(f"{type(error).__name__}: {error}", self._is_used) from error

    def read(self, method: str, deadline: float, most: int) -> "tuple[Reply, bool]":
        """The response, and whether the connection may be used again."""
        minor, status, headers = self._read_head(deadline)
        while 100 <= status < 200 and status != 101:
            minor, status, headers = self._read_head(deadline)
        self._is_used = True
        framing = _framing(headers)
        body, is_whole = b"", True
        if method != "HEAD" and status not in (101, 204, 304):
            body, is_whole = self._read_body(framing, deadline, most)
        is_kept = not framing.is_last and minor == 1 and status != 101
        return Reply(status, headers, _decoded(body, framing.encoding, most)), is_kept and is_whole

    def _read_head(self, deadline: float) -> "tuple[int, int, Pairs]":
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > MOST_HEAD:
                raise NoReply("the head of the response is too long")
            if not self._fill(deadline):
                raise NoReply("the connection was closed without a response", self._is_used and not self._buffer)
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        told = _STATUS.match(first)
        if told is None:
            raise NoReply("what came is no response of HTTP/1")
        return int(told.group(1)), int(told.group(2)), tuple(map(_pair, lines))

    def _read_body(self, framing: _Framing, deadline: float, most: int) -> "tuple[bytes, bool]":
        """The body, and whether it is whole and the next response may follow."""
        try:
            if framing.is_chunked:
                return self._read_chunks(deadline, most)
            if framing.length is not None:
                return self._read_length(framing.length, deadline, most)
            while len(self._buffer) <= most and self._fill(deadline):
                pass
        except OSError:
            pass  # a response that breaks off is what it is
        return self._buffer[:most], False

    def _read_length(self, length: int, deadline: float, most: int) -> "tuple[bytes, bool]":
        while len(self._buffer) < min(length, most):
            if not self._fill(deadline):
                break
        is_whole = length <= len(self._buffer)
        body, self._buffer = self._buffer[: min(length, most)], self._buffer[length:]
        return body, is_whole

    def _read_chunks(self, deadline: float, most: int) -> "tuple[bytes, bool]":
        body = b""
        try:
            while len(body) <= most:
                size = int(self._line(deadline).partition(b";")[0], 16)
                if size == 0:
                    while self._line(deadline):  # trailers
                        pass
                    return body[:most], True
                while len(self._buffer) < min(size + 2, most):
                    if not self._fill(deadline):
                        raise NoReply("the response broke off")
                body, self._buffer = body + self._buffer[:size], self._buffer[size + 2 :]
        except (OSError, ValueError):
            pass
        return body[:most], False

    def _line(self, deadline: float) -> bytes:
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > MOST_HEAD or not self._fill(deadline):
                raise NoReply("the response broke off")
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _fill(self, deadline: float) -> bool:
        """Wait for more bytes; False where the connection was closed."""
        self._wait_until(deadline)
        try:
            more = self._socket.recv(65_536)
        except OSError as error:
            is_stale = self._is_used and not self._buffer and not isinstance(error, socket.timeout)
            raise NoReply(f"{type(error).__name__}: {error}", is_stale) from error
        self._buffer += more
        return bool(more)

    def _wait_until(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NoReply("TimeoutError: no response within the time")
        if not left <= self._waits < left + SLACK:
            self._socket.settimeout(left)
            self._waits = left


def _decoded(body: bytes, encoding: str, most: int) -> bytes:
    """What was compressed although nobody asked for it; as it is where it cannot be read."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, most)
    except zlib.error:
        return body
