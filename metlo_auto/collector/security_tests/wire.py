"""HTTP/1.1 over sockets of one origin, bytes out and bytes in; knows nothing of tests.

A run sends thousands of small requests beside the app that it tests, and libraries for HTTP take several times as long.
"""

from __future__ import annotations

import re
import socket
import struct
import time
import zlib
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Deque, NamedTuple, Optional
from urllib.parse import quote

from metlo_auto.collector.security_tests.safety import READING
from metlo_auto.collector.security_tests.values import Origin, Pairs

if TYPE_CHECKING:
    import ssl

MOST_HEAD = 200_000  # bytes
SLACK = 0.25  # seconds that a wait may end later than it should
_AT_ONCE = 16_384  # bytes
_END = b"\r\n\r\n"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NO_VALUE = re.compile(r"[\r\n\0]")
_TARGET = re.compile(r"[\x21-\x7e]+")
_NO_TARGET = re.compile(r"[^\x21-\x7e]")
_LATE = (socket.timeout, BlockingIOError)  # of Python's timeouts, and of the system's
_STATUS = re.compile(rb"HTTP/1\.(\d) (\d{3})(?: |$)")


class NoReply(OSError):
    """No response, or none that can be read. `is_stale`: nothing came over a connection that had been used before."""

    def __init__(self, told: str, is_stale: bool = False) -> None:
        super().__init__(told)
        self.is_stale = is_stale


class _Head(NamedTuple):
    """The first lines of a response, and what they say of its body. `length`: None where they do not tell it."""

    status: int
    headers: Pairs
    is_chunked: bool
    length: Optional[int]
    is_kept: bool  # the connection may be used again behind the body
    encoding: str  # in lower case


class Reply(NamedTuple):
    """`body`: decoded, and cut where it was longer than was wanted."""

    status: int
    headers: Pairs
    body: bytes


class Wire:
    """Connections to `origin`, each used by one thread at a time and kept for the next. Threads may share it."""

    def __init__(self, origin: Origin, timeout: float, most_body: int) -> None:
        self._origin = origin
        self._host = origin.netloc
        self._timeout = timeout
        self._most_body = most_body
        self._idle: Deque[_Connection] = deque()
        self._tls = _tls() if origin.scheme == "https" else None

    def ask(self, method: str, target: str, headers: Pairs, body: Optional[bytes], more: Pairs = ()) -> Reply:
        """`more`: headers that no other request has. Raises NoReply, ValueError for what cannot be sent."""
        sent = _head(method, target, self._host, headers, body, more)
        if body:
            sent += body
        deadline = time.monotonic() + self._timeout
        if method in READING:  # of others nobody knows whether a server did them before it closed
            try:
                return self._asked(self._taken(deadline), sent, method, deadline)
            except NoReply as failed:
                if not failed.is_stale:
                    raise
        return self._asked(_Connection(self._origin, self._tls, deadline), sent, method, deadline)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _taken(self, deadline: float) -> "_Connection":
        try:
            return self._idle.pop()
        except IndexError:
            return _Connection(self._origin, self._tls, deadline)

    def _asked(self, connection: "_Connection", sent: bytes, method: str, deadline: float) -> Reply:
        may_be_kept = False
        try:
            connection.send(sent, deadline)
            reply, may_be_kept = connection.read(method, deadline, self._most_body)
            return reply
        finally:
            if may_be_kept:
                self._idle.append(connection)
            else:
                connection.close()


def _tls() -> ssl.SSLContext:
    import ssl  # and OpenSSL, where it is needed

    return ssl.create_default_context()


def _head(method: str, target: str, host: str, headers: Pairs, body: Optional[bytes], more: Pairs) -> bytes:
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"{method!r} is no method")
    if not _TARGET.fullmatch(target):
        target = _NO_TARGET.sub(lambda found: quote(found.group(), safe=""), target)
    lines, has_length = _lines(headers, host)
    last = ""
    for name, value in more:
        last += _line(name, value)
    if not has_length and (body is not None or method in ("POST", "PUT", "PATCH")):
        last += f"Content-Length: {len(body or b'')}\r\n"
    return f"{method} {target} HTTP/1.1\r\n{lines}{last}\r\n".encode("latin-1", "replace")


@lru_cache(maxsize=1024)  # a run sends few of them, over and over
def _lines(headers: Pairs, host: str) -> "tuple[str, bool]":
    """The lines of headers, and whether they tell the length of the body. Raises ValueError."""
    names = {name.lower() for name, _ in headers}
    first = "" if "host" in names else f"Host: {host}\r\n"
    return first + "".join([_line(*header) for header in headers]), "content-length" in names


def _line(name: str, value: str) -> str:
    """Raises ValueError."""
    if not _TOKEN.fullmatch(name) or _NO_VALUE.search(value):
        raise ValueError(f"the header {name!r} cannot be sent")
    return f"{name}: {value}\r\n"


@lru_cache(maxsize=256)  # equal responses within a second have the same
def _head_of(text: bytes) -> _Head:
    """Raises NoReply."""
    first, *lines = text.split(b"\r\n")
    told = _STATUS.match(first)
    if told is None:
        raise NoReply("what came is no response of HTTP/1")
    headers = tuple(map(_pair, lines))
    status, found = int(told.group(2)), {name.lower(): value for name, value in headers}
    length = found.get("content-length", "")
    is_last = found.get("connection", "").lower() == "close" or told.group(1) != b"1" or status == 101
    return _Head(
        status, headers, "chunked" in found.get("transfer-encoding", "").lower(),
        int(length) if length.isascii() and length.isdigit() else None, not is_last,
        found.get("content-encoding", "").lower(),
    )  # fmt: skip


@lru_cache(maxsize=512)  # all but the date are the same in one response and the next
def _pair(line: bytes) -> "tuple[str, str]":
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip(), value.strip()


class _Connection:
    """`_waits`: the seconds that its socket waits as it is set now; setting them takes a call of the system."""

    def __init__(self, origin: Origin, tls: Optional[ssl.SSLContext], deadline: float) -> None:
        waits = max(0.01, deadline - time.monotonic())
        self._is_plain = tls is None
        try:
            self._socket = socket.create_connection((origin.host, origin.port), waits)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._socket = tls.wrap_socket(self._socket, server_hostname=origin.host)
            self._set_waits(waits)
        except OSError as error:
            raise NoReply(f"{type(error).__name__}: {error}") from error
        self._buffer = b""
        self._is_used = False

    def _set_waits(self, seconds: float) -> None:
        """Python's own timeouts ask the system before each call whether it would wait; the system's own do not."""
        if self._is_plain:
            self._socket.settimeout(None)
            whole = int(seconds)
            packed = struct.pack("ll", whole, max(1, int((seconds - whole) * 1e6)))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, packed)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, packed)
        else:
            self._socket.settimeout(seconds)
        self._waits = seconds

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes, deadline: float) -> None:
        self._wait_until(deadline)
        try:
            self._socket.sendall(data)
        except OSError as error:
            if not self._is_used and not isinstance(error, _LATE):
                return  # a server may answer before it has read all
            raise NoReply(f"{type(error).__name__}: {error}", self._is_used) from error

    def read(self, method: str, deadline: float, most: int) -> "tuple[Reply, bool]":
        """The response, and whether the connection may be used again."""
        head = self._read_head(deadline)
        while 100 <= head.status < 200 and head.status != 101:
            head = self._read_head(deadline)
        self._is_used = True
        body, is_whole = b"", True
        if method != "HEAD" and head.status not in (101, 204, 304):
            body, is_whole = self._read_body(head, deadline, most)
        if head.encoding:
            body = _decoded(body, head.encoding, most)
        return Reply(head.status, head.headers, body), head.is_kept and is_whole

    def _read_head(self, deadline: float) -> _Head:
        while _END not in self._buffer:
            if len(self._buffer) > MOST_HEAD:
                raise NoReply("the head of the response is too long")
            if not self._fill(deadline):
                raise NoReply("the connection was closed without a response", self._is_used and not self._buffer)
        head, _, self._buffer = self._buffer.partition(_END)
        return _head_of(head)

    def _read_body(self, head: _Head, deadline: float, most: int) -> "tuple[bytes, bool]":
        """The body, and whether it is whole and the next response may follow."""
        try:
            if head.is_chunked:
                return self._read_chunks(deadline, most)
            if head.length is not None:
                return self._read_length(head.length, deadline, most)
            while len(self._buffer) <= most and self._fill(deadline):
                pass
        except OSError:
            pass  # a response that breaks off is what it is
        return self._buffer[:most], False

    def _read_length(self, length: int, deadline: float, most: int) -> "tuple[bytes, bool]":
        wanted = min(length, most)
        while len(self._buffer) < wanted and self._fill(deadline):
            pass
        if length == len(self._buffer) <= most:
            body, self._buffer = self._buffer, b""
            return body, True
        is_whole = length <= len(self._buffer)
        body, self._buffer = self._buffer[:wanted], self._buffer[length:]
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
            more = self._socket.recv(_AT_ONCE)
        except OSError as error:
            if isinstance(error, _LATE):
                raise NoReply("TimeoutError: no response within the time") from error
            raise NoReply(f"{type(error).__name__}: {error}", self._is_used and not self._buffer) from error
        self._buffer = self._buffer + more if self._buffer else more
        return bool(more)

    def _wait_until(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise NoReply("TimeoutError: no response within the time")
        if not left <= self._waits < left + SLACK:
            self._set_waits(left)


def _decoded(body: bytes, encoding: str, most: int) -> bytes:
    """What was compressed although nobody asked for it; as it is where it cannot be read."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, most)
    except zlib.error:
        return body
