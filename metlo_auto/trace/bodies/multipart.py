"""Lets the fields of a multipart body pass and leaves its files out, as the bytes come by."""

import re
from typing import List, Optional

from .types import BINARY, described

OMITTED = b"X-Metlo-Omitted"

_BOUNDARY = re.compile(r"""(?i)\bboundary\s*=\s*(?:"([^"]+)"|([^\s;,"]+))""")
_LONGEST_BOUNDARY = 200  # 70 by RFC 2046
_FILE = re.compile(rb"(?i)\bfilename(?:\*\d{0,3})?\*?\s*=")
_TYPE = re.compile(rb"(?im)^content-type[ \t]*:[ \t]*([^\r\n]*)")
_BLANK = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEAD = 16384


def boundary_of(content_type: str) -> Optional[bytes]:
    """The boundary that a Content-Type declares, None where it declares none that anyone could use."""
    declared = _BOUNDARY.search(content_type)
    if declared is None:
        return None
    boundary = (declared.group(1) or declared.group(2)).encode("latin-1", "replace")
    return boundary if len(boundary) <= _LONGEST_BOUNDARY else None


class MultipartSieve:
    """Keeps part headers and fields, at most `limit` bytes; the content of a file becomes a header that says its size.

    Linear, with bounded memory, for chunks of any size. Without a boundary everything passes, up to the limit.
    """

    def __init__(self, content_type: str, limit: int) -> None:
        boundary = boundary_of(content_type)
        self._delimiter = b"\n--" + boundary if boundary else b""
        self._waiting = bytearray(b"\n")  # bytes without a verdict; the first delimiter needs a line end before it,
        self._unsent = 1  # which nobody sent
        self._in_head = self._dropping = False
        self._searched = 0  # bytes of a waiting head that do not hold its end
        self._dropped = 0  # bytes of the file that is passing by
        self._kept: List[bytes] = []
        self._room = limit
        self.cut = False  # whether the limit was reached

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the body."""
        if not self._delimiter:
            self._keep(chunk)
            return
        self._waiting += chunk
        while self._head() if self._in_head else self._content():
            pass

    def kept(self) -> bytes:
        """What is kept of the bytes so far, an unfinished part included."""
        kept = b"".join(self._kept)
        if self.cut or not self._delimiter:
            return kept
        if self._dropping:
            return kept + _omitted(self._dropped + len(self._waiting))
        return kept + bytes(self._waiting[self._unsent :])[: max(self._room, 0)]

    def _content(self) -> bool:
        """Passes content on up to the next delimiter; False where it has not come yet."""
        waiting = self._waiting
        found = waiting.find(self._delimiter)
        if found < 0:
            self._pass(len(waiting) - len(self._delimiter))
            return False
        if found and waiting[found - 1] == 13:
            found -= 1
        self._pass(found)
        if self._dropping:
            self._keep(_omitted(self._dropped))
            self._dropping = False
        self._pass(waiting.index(10) + len(self._delimiter))
        self._in_head, self._searched = True, 0
        return True

    def _head(self) -> bool:
        """Passes the head of a part on and decides what becomes of its content; False where it is not whole yet."""
        waiting = self._waiting
        if waiting[:2] == b"--":  # the last delimiter: nothing but an epilogue follows
            self._in_head = False
            return True
        blank = _BLANK.search(waiting, max(self._searched - 3, 0))
        if blank is None and len(waiting) <= _LONGEST_HEAD:
            self._searched = len(waiting)
            return False
        end = blank.end() if blank is not None else len(waiting)
        head = bytes(waiting[:end])
        self._in_head = False
        if blank is None or _is_file(head):
            del waiting[:end]
            self._keep(head[: blank.start()] + b"\r\n" if blank is not None else b"\r\n")
            self._dropping, self._dropped = True, 0
        else:
            self._pass(end)
        return True

    def _pass(self, count: int) -> None:
        if count <= 0:
            return
        passed = bytes(self._waiting[self._unsent : count])
        del self._waiting[:count]
        self._unsent = 0
        if self._dropping:
            self._dropped += len(passed)
        else:
            self._keep(passed)

    def _keep(self, data: bytes) -> None:
        if self.cut:
            return
        if len(data) > self._room:
            data = data[: self._room]
            self.cut = True
        self._room -= len(data)
        self._kept.append(data)


def _is_file(head: bytes) -> bool:
    if _FILE.search(head):
        return True
    declared = _TYPE.search(head)
    return declared is not None and described(declared.group(1).decode("latin-1")).kind in (BINARY, "multipart")


def _omitted(size: int) -> bytes:
    return OMITTED + b": file; size=%d\r\n\r\n" % size
