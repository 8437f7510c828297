"""A tee on `wsgi.input`: keeps what the app reads, as it reads it; never reads ahead, never knows what a body means."""

from typing import Any, Callable, Iterator, List, Optional

from metlo_auto.exchange import EMPTY, Body
from metlo_auto.guard import Guard


class InputTee:
    """Stands in for the server's stream; all that it does not know is the server's stream itself.

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

    def _call(self, function: Callable[..., Any], *args: Any) -> Any:
        try:
            return function(*args)
        except BaseException:
            self.broken = True
            raise

    def _take(self, data: bytes, at_end: bool) -> bytes:
        try:
            self.at_end = at_end
            self.size += len(data)
            if self._sieve is not None:
                self._sieve.feed(data)
            elif self._room > 0 and data:
                self._chunks.append(bytes(data[:self._room]))
                self._room -= len(data)
        except Exception:  # noqa: BLE001 - the app gets its data whatever becomes of our copy
            self._guard.note()
        return data

    def read(self, *args: Any) -> bytes:
        data = self._call(self._stream.read, *args)
        size = args[0] if args else None
        return self._take(data, not data and size != 0 or size is None or size < 0 or len(data) < size)

    def readline(self, *args: Any) -> bytes:
        data = self._call(self._stream.readline, *args)
        size = args[0] if args else None
        return self._take(data, data[-1:] != b"\n" and (size is None or size < 0 or len(data) < size))

    def readlines(self, *args: Any) -> List[bytes]:
        lines = self._call(self._stream.readlines, *args)
        self._take(b"".join(lines), not args)
        return list(lines)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            line = next(iter(self._stream)) if not hasattr(self._stream, "__next__") else next(self._stream)
        except StopIteration:
            self.at_end = True
            raise
        except BaseException:
            self.broken = True
            raise
        return self._take(line, False)

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._stream, name)
        if name in ("readinto", "readinto1"):
            return self._reader_into(attribute)
        if name in ("read1", "readany"):
            return lambda *args: self._take(self._call(attribute, *args), False)
        return attribute

    def _reader_into(self, readinto: Callable[[Any], int]) -> Callable[[Any], int]:
        def read(buffer: Any) -> int:
            count = self._call(readinto, buffer)
            self._take(bytes(memoryview(buffer)[:count or 0]), not count)
            return count  # type: ignore[no-any-return]

        return read

    def body(self, declared: int) -> Body:
        """What was read; `declared` is Content-Length, -1 for a chunked body."""
        complete = self.size >= declared if declared >= 0 else self.at_end
        size = max(self.size, declared)
        if complete and not size:
            return EMPTY
        data = self._sieve.kept() if self._sieve is not None else b"".join(self._chunks)
        if not complete:
            return Body(data, size, "aborted" if self.broken or self.at_end else "unread")
        return Body(data, size, "cut" if self._room < 0 else "")
