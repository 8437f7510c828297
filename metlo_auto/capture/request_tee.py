"""A tee on `wsgi.input`: keeps what the app reads, as it reads it; never reads ahead, never knows what a body means.

The tee can what the server's stream can, no more and no less: it gets a class made after the stream's class.
"""

from functools import partial
from typing import Any, Callable, Dict, List, Optional

from metlo_auto.capture.exchange import EMPTY, Body, make_body
from metlo_auto.capture.foreign import Foreign, chunk, drop_frame, elements
from metlo_auto.capture.guard import Guard
from metlo_auto.capture.stand_in import StandIns

# More than this at once goes to a sieve in pieces, since it keeps a copy of what it is given for a moment; and so is
# what stands in a buffer of the app's copied.
_PIECE = 65536


class BodyCopy:
    """What the app has read. `limit`: bytes kept. `sieve`: takes each chunk instead of the plain list (multipart)."""

    __slots__ = ("_guard", "_chunks", "_room", "_sieve", "_behind", "size", "at_end", "broken")

    def __init__(self, limit: int, sieve: Optional[Any], guard: Guard) -> None:
        self._guard = guard
        self._chunks: List[bytes] = []
        self._room = limit
        self._sieve = sieve
        self._behind = 0  # bytes until the stream is where it has not been before; negative where some were skipped
        self.size = 0
        self.at_end = False  # the last read came back short: there was no more
        self.broken = False

    def take(self, data: bytes) -> None:
        """The next bytes of the stream."""
        if self._behind:
            data = self._unseen(data)
        size, room = len(data), self._room
        self.size += size
        if self._sieve is not None:
            for at in range(0, size, _PIECE):
                self._sieve.feed(data[at:at + _PIECE])
        elif size:
            self._room = room - size
            if room > 0:
                self._chunks.append(data if size <= room else data[:room])

    def _unseen(self, data: bytes) -> bytes:
        if self._behind < 0:  # the app has gone past bytes that it has not read
            self._behind -= len(data)
            return b""
        seen = min(self._behind, len(data))
        self._behind -= seen
        return data[seen:]

    def took(self, result: Foreign, args: Any, named: Any, is_line: bool = False) -> None:
        """`result` is what read(), or readline(), returned for these arguments."""
        try:
            data: bytes = result if type(result) is bytes else chunk(result)
            if self._behind or self._sieve is not None or len(data) > self._room:
                self.take(data)
            elif data:  # mostly
                self._room -= len(data)
                self.size += len(data)
                self._chunks.append(data)
            size = args[0] if args else next(iter(named.values())) if named else None
            wanted = size if type(size) is int else -1
            short = wanted < 0 or len(data) < wanted
            self.at_end = short and data[-1:] != b"\n" if is_line else (not data and wanted != 0) or short
        except Exception:  # noqa: BLE001 - the app gets its data whatever becomes of our copy
            self._guard.note()

    def took_some(self, result: Foreign, args: Any, named: Any) -> None:
        """`result` is what a read that may come back short returned."""
        try:
            data = chunk(result)
            self.take(data)
            self.at_end = not data
        except Exception:  # noqa: BLE001 - as above
            self._guard.note()

    def took_lines(self, result: Foreign, args: Any, named: Any) -> None:
        """`result` is what readlines() returned."""
        try:
            self.take(b"".join(map(chunk, elements(result))))
            self.at_end = not args and not named
        except Exception:  # noqa: BLE001 - as above
            self._guard.note()

    def filled(self, count: Foreign, args: Any, named: Any) -> None:
        """The stream has put `count` bytes into the buffer that readinto() was given."""
        try:
            size = count if type(count) is int else 0
            buffer = args[0] if args else next(iter(named.values()))
            if type(buffer) is not bytearray or size > _PIECE:
                self._take_beginning(buffer, size)
            elif size > 0:  # mostly
                self.take(bytes(buffer[:size]))
            self.at_end = not size
        except Exception:  # noqa: BLE001 - as above
            self._guard.note()

    def _take_beginning(self, buffer: Foreign, size: int) -> None:
        # Released at once: PyPy would keep the views, and their buffer could not be resized meanwhile.
        with memoryview(buffer) as view, view.cast("B") as flat:
            for at in range(0, size, _PIECE):
                with flat[at:min(at + _PIECE, size)] as part:
                    self.take(bytes(part))

    def moved(self, result: Foreign, args: Any, named: Any) -> None:
        """After seek(), which returned `result`: how far the stream is from where it has not been."""
        try:
            place = args[0] if args else next(iter(named.values()))
            if type(result) is int:  # io's streams say where they are, uWSGI's knows no other way than from the start
                place = result
            if type(place) is int:
                self._behind = self.size - place
                self.at_end = False
        except Exception:  # noqa: BLE001 - as above
            self._guard.note()

    def body(self, declared: int) -> Body:
        """What was read; `declared` is Content-Length, -1 for a chunked body."""
        size, sieve, chunks = self.size, self._sieve, self._chunks
        complete = size >= declared if declared >= 0 else self.at_end
        if complete and not size:
            return EMPTY
        data = sieve.kept() if sieve is not None else chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if complete:
            return make_body((data, size, "cut" if self._room < 0 or (sieve is not None and sieve.cut) else ""))
        return Body(data, max(size, declared) or -1, "aborted" if self.broken or self.at_end else "unread")


class RequestTee:
    """Stands in for the server's stream; what it does not see itself is the server's stream."""

    __slots__ = ("_metlo_source", "_metlo_copy", "__weakref__")
    _metlo_source: Foreign
    _metlo_copy: BodyCopy

    def __init__(self, stream: Foreign, copy: BodyCopy) -> None:
        _set_source(self, stream)
        _set_copy(self, copy)

    def __getattr__(self, name: str) -> Foreign:
        try:
            attribute = getattr(self._metlo_source, name)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise
        return seen_attribute(self, name, attribute)

    def __setattr__(self, name: str, value: Foreign) -> None:
        try:
            setattr(self._metlo_source, name, value)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise

    def __delattr__(self, name: str) -> None:
        try:
            delattr(self._metlo_source, name)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise

    def __dir__(self) -> List[str]:
        return dir(self._metlo_source)


# Past the class's own `__setattr__`, which is the stream's.
_set_source = vars(RequestTee)["_metlo_source"].__set__
_set_copy = vars(RequestTee)["_metlo_copy"].__set__


def _reading(name: str, note: Callable[[BodyCopy, Foreign, Any, Any], None]) -> Callable[..., Any]:
    """The method `name` of the stream, of whose result the copy takes note."""

    def method(self: Any, *args: Foreign, **named: Foreign) -> Foreign:
        try:
            # Servers differ in what they call the size that they are asked for: names of arguments pass as they are.
            call = getattr(self._metlo_source, name)
            result = call(*args, **named) if named else call(*args)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            self._metlo_copy.broken = True
            drop_frame(error)
            raise
        note(self._metlo_copy, result, args, named)
        return result

    method.__name__ = name
    return method


def _took_line(copy: BodyCopy, result: Foreign, args: Any, named: Any) -> None:
    copy.took(result, args, named, True)


def _moved(copy: BodyCopy, result: Foreign, args: Any, named: Any) -> None:
    copy.moved(result, args, named)


def _iterated(self: Any) -> Foreign:
    source = self._metlo_source
    try:
        lines = iter(source)
    except BaseException as error:
        __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
        drop_frame(error)
        raise
    return self if lines is source else _Lines(lines, self._metlo_copy)


def _next(self: Any) -> Foreign:
    return _next_line(self._metlo_source, self._metlo_copy)


def _next_line(lines: Foreign, copy: BodyCopy) -> Foreign:
    try:
        line = next(lines)
    except BaseException as error:
        __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
        if type(error) is StopIteration:
            copy.at_end = True
        else:
            copy.broken = True
        drop_frame(error)
        raise
    copy.took(line, (), {}, True)
    return line


class _Lines:
    """An iterator of the server's over its stream, which is no stream itself."""

    def __init__(self, lines: Foreign, copy: BodyCopy) -> None:
        self._lines = lines
        self._copy = copy

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> Foreign:
        return _next_line(self._lines, self._copy)

    def __getattr__(self, name: str) -> Foreign:
        return getattr(self._lines, name)


OWN: Dict[str, Callable[..., Any]] = {
    "read": _reading("read", BodyCopy.took),
    "read1": _reading("read1", BodyCopy.took_some),
    "readany": _reading("readany", BodyCopy.took_some),
    "readline": _reading("readline", _took_line),
    "readlines": _reading("readlines", BodyCopy.took_lines),
    "readinto": _reading("readinto", BodyCopy.filled),
    "readinto1": _reading("readinto1", BodyCopy.filled),
    "seek": _reading("seek", _moved),
    "__iter__": _iterated,
    "__next__": _next,
}
_STAND_INS = StandIns(RequestTee, OWN)
TEES: List[type] = [RequestTee]  # the compiled one, too, where it is used


def tee(stream: Foreign, copy: BodyCopy) -> Any:
    """What the app gets in place of the server's `stream`."""
    kind = type(stream)
    known = _STAND_INS.known.get(id(kind))
    made = known[1] if known is not None and known[0]() is kind else _STAND_INS.of(stream)
    return made(stream, copy)


def copy_of(stream: Foreign) -> Optional[BodyCopy]:
    """The copy that a tee of ours makes; None for every other stream."""
    return stream._metlo_copy if issubclass(type(stream), tuple(TEES)) else None


def seen_attribute(stream: Any, name: str, attribute: Foreign) -> Foreign:
    """What a tee gives for an `attribute` of its stream: one that reads is seen."""
    seen = OWN.get(name)
    return attribute if seen is None else partial(seen, stream)


def restored_copy(
    limit: int, guard: Guard, chunks: List[bytes], size: int, room: int, at_end: bool, broken: bool
) -> BodyCopy:
    """One that has begun elsewhere."""
    copy = BodyCopy(limit, None, guard)
    copy._chunks, copy._room, copy.size, copy.at_end, copy.broken = chunks, room, size, at_end, broken
    return copy
