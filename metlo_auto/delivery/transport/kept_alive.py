"""A post over a connection that has carried one before; knows HTTP/1.1 and sockets, nothing of batches.

requests, urllib3 and http.client take a millisecond of a busy process for each post, most of it to look anew at what
has not changed. Who has connected by them once only has to write the bytes and to read the response, and whatever is
not a plain success is read by http.client all the same.
"""

import io
import re
from typing import Any, Iterable, Mapping, NamedTuple, Optional

ANSWER_BYTES = 4096

_SUCCESS = re.compile(br"HTTP/1\.1 (2[0-9][0-9])(?: [^\r\n]*)?\r\n")
_LENGTH = re.compile(br"\r\nContent-Length: *([0-9]{1,4}) *\r\n", re.IGNORECASE)
_UNUSUAL = re.compile(br"\r\n(?:Transfer-Encoding|Content-Encoding|Connection: *close)", re.IGNORECASE)


class Reply(NamedTuple):
    """`headers` ignore case; `text` is the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    text: bytes


def exchange(connection: Any, target: str, headers: Mapping[str, str], pieces: Iterable[bytes]) -> Reply:
    """POSTs `pieces`, whose length is among the `headers`; the connection is closed where it cannot be used again."""
    sock = connection.sock
    lines = ["POST " + target + " HTTP/1.1", "Host: " + connection.host_header, "Accept-Encoding: identity"]
    lines += ["%s: %s" % header for header in headers.items()]
    sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
    for piece in pieces:
        sock.sendall(piece)
    begun = sock.recv(ANSWER_BYTES)
    return _success(begun) or _read(connection, begun)


def _success(answer: bytes) -> Optional[Reply]:
    """None where it is anything else, or not all there."""
    end = answer.find(b"\r\n\r\n") + 4
    status, length = _SUCCESS.match(answer), _LENGTH.search(answer, 0, end)
    if not (status and length and end + int(length.group(1)) == len(answer)) or _UNUSUAL.search(answer, 0, end):
        return None
    return Reply(int(status.group(1)), {}, answer[end:])


def _read(connection: Any, begun: bytes) -> Reply:
    response = connection.response_class(_Begun(begun, connection.sock), method="POST")
    response.begin()
    text = response.read(ANSWER_BYTES)
    response.read(ANSWER_BYTES)  # the end of a short answer, so that the connection is kept
    if response.will_close or not response.isclosed():
        connection.close()
    return Reply(response.status, response.headers, text)


class _Begun(io.RawIOBase):
    """A socket, for http.client, of whose answer the beginning has been read."""

    def __init__(self, begun: bytes, sock: Any) -> None:
        self._begun = begun
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._begun:
            return int(self._sock.recv_into(buffer))
        piece, self._begun = self._begun[: len(buffer)], self._begun[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)
