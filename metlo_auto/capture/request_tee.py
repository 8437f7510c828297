"""A tee on `wsgi.input`: keeps what the app reads, as it reads it; never reads ahead, never knows what a body means."""

from typing import Any, Callable, Iterator, List, Optional

from metlo_auto.capture.exchange import EMPTY, Body, make_body
from metlo_auto.capture.guard import Guard

# More than this at once goes to a sieve in pieces, since it keeps a copy of what it is given for a moment.
_PIECE = 65536


class RequestTee:
    """Stands in for the server's stream; all that it does not know is the server's stream itself.

    Servers differ in what they call the size that they are asked for, so names of arguments pass as they are.
    `limit`: bytes kept. `sieve`: takes each chunk instead of the plain list (multipart without file contents).
    """

    __slots__ = ("_stream", "_guard", "_chunks", "_room", "_sieve", "size", "at_end", "broken")

    def __init__(self, stream: Any, limit: int, sieve: Optional[Any], guard: Guard) -> None:
        self._stream = stream
        self._guard = guard
        self._chunks: List[bytes] = []
        self._room = limit
        self._sieve = sieve
        self.size = 0
        self.at_end = False  # the last read came back short: there was no more
        self.broken = False

    def _take(self, data: Any) -> None:
        """`data`: bytes, or a view of a buffer that the app goes on to use."""
        try:
            size, room = len(data), self._room
            self.size += size
            if self._sieve is not None:
                for at in range(0, size, _PIECE):
                    self._sieve.feed(bytes(data[at:at + _PIECE]))
            elif size:
                self._room = room - size
                if room > 0:
                    self._chunks.append(data if size <= room and type(data) is bytes else bytes(data[:room]))
        except Exception:  # noqa: BLE001 - the app gets its data whatever becomes of our copy
            self._guard.note()

    def read(self, *args: Any, **named: Any) -> bytes:
        try:
            data: bytes = self._stream.read(*args, **named)
        except BaseException:
            self.broken = True
            raise
        self._take(data)
        size = args[0] if args else named.popitem()[1] if named else None
        self.at_end = (not data and size != 0) or size is None or size < 0 or len(data) < size
        return data

    def readinto(self, buffer: Any) -> int:
        """Werkzeug asks for this at each read: where the server's stream has none, read() serves as well."""
        into = getattr(self._stream, "readinto", None)
        if into is None:
            data = self.read(len(buffer))
            buffer[:len(data)] = data
            return len(data)
        try:
            count: int = into(buffer)
        except BaseException:
            self.broken = True
            raise
        self._take(memoryview(buffer)[:count or 0])
        self.at_end = not count
        return count

    def readline(self, *args: Any, **named: Any) -> bytes:
        try:
            data: bytes = self._stream.readline(*args, **named)
        except BaseException:
            self.broken = True
            raise
        self._take(data)
        size = args[0] if args else named.popitem()[1] if named else None
        self.at_end = data[-1:] != b"\n" and (size is None or size < 0 or len(data) < size)
        return data

    def readlines(self, *args: Any, **named: Any) -> List[bytes]:
        try:
            lines: List[bytes] = self._stream.readlines(*args, **named)
        except BaseException:
            self.broken = True
            raise
        self._take(b"".join(lines))
        self.at_end = not args and not named
        return lines

    def __iter__(self) -> Iterator[bytes]:
        # A generator, so that the server's own way to iterate is used, with whatever it does differently.
        for line in self._stream:
            self._take(line)
            yield line
        self.at_end = True

    def __next__(self) -> bytes:
        line: bytes = next(self._stream)
        self._take(line)
        return line

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._stream, name)
        return self._seen(attribute) if name in ("read1", "readany") else attribute

    def _seen(self, read: Callable[..., bytes]) -> Callable[..., bytes]:
        def seen(*args: Any) -> bytes:
            data = read(*args)
            self._take(data)
            self.at_end = not data
            return data

        return seen

    def body(self, declared: int) -> Body:
        """What was read; `declared` is Content-Length, -1 for a chunked body."""
        size, sieve, chunks = self.size, self._sieve, self._chunks
        complete = size >= declared if declared >= 0 else self.at_end
        if complete and not size:
            return EMPTY
        data = sieve.kept() if sieve is not None else chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if complete:
            return make_body((data, size, "cut" if self._room < 0 or (sieve is not None and sieve.cut) else ""))
        return Body(data, max(size, declared), "aborted" if self.broken or self.at_end else "unread")
