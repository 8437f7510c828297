"""What the server gets instead of the app's response: the same bytes at the same time, seen by a Recording.

Whatever is asked of it is asked of the response, once: that is iterated and closed when somebody does so.
"""

import sys
from typing import Any, Callable, Iterator, List, Optional, Tuple

from metlo_auto.capture.foreign import (
    Foreign,
    bases,
    chunk,
    drop_frame,
    elements,
    has_in_class,
    in_instance,
    is_a,
    module_name,
)
from metlo_auto.capture.recording import OVER, Recording, of_environ
from metlo_auto.capture.stand_in import StandIns, class_of_source, reduced

_END = object()
_new = object.__new__
_COUNTS_REFERENCES = sys.implementation.name == "cpython"


def _references(box: "Tuple[Foreign]") -> int:
    """How often what is in the box is referred to. C alone looks into it: 3.14 borrows what some bytecode loads."""
    return next(map(sys.getrefcount, box)) if _COUNTS_REFERENCES else 0


_FRESH = _references((iter([]),))  # a new iterator, that nobody else holds


def watch(result: Foreign, recording: Recording) -> Foreign:
    """The response `result` with the recording looking on; itself where only that very object will do."""
    try:
        kind = type(result)
        if kind is recording.capture.ordinary and not recording.upgrade:
            ordinary = _new(OrdinaryTee)  # without a call of __init__
            ordinary._metlo_source = result
            ordinary._metlo_recording = recording
            return ordinary
        if kind is list and not recording.upgrade:
            return _LIST(result, recording)
        if is_a(result, (str, bytes, type(None))):
            recording.refused_by_most(result)
            return result
        if (recording.upgrade and not recording.status) or _goes_out_as_is(result, recording):
            # Only this very object lets the server use sendfile, or tells it that its socket was taken over: there
            # is no close of ours to wait for.
            recording.passthrough = recording.ended = True
            recording.finish()
            return result
        if is_a(result, (list, tuple)):
            return (_LISTS if is_a(result, list) else _TUPLES).of(result)(result, recording)
        tee = _RESPONSES.of(result)(result, recording)
        return _as_generator(tee) if not recording.status and recording.has_to_be_a_generator(result) else tee
    except Exception:  # noqa: BLE001 - the server gets the app's response whatever becomes of our copy
        recording.capture.guard.note()
        recording.finish()
        return result


def _goes_out_as_is(result: Foreign, recording: Recording) -> bool:
    wrapper = recording.facts.get("wsgi.file_wrapper")
    if wrapper is not None and any(base is wrapper for base in bases(type(result))):
        return True
    # uWSGI's wrapper is a function that gives the file itself back.
    return has_in_class(result, "read") or in_instance(result, "read") is not None or (
        module_name(type(result)) == "tempfile")


def has_ended(recording: Recording) -> None:
    recording.ended = True
    if not recording.size and not recording.done:
        recording.ended_empty()


def _nexting(take: Callable[[Any, Recording, Foreign], None]) -> Callable[[Any], Foreign]:
    def _next(self: Any) -> Foreign:
        recording = self._metlo_recording
        try:
            piece = next(self._metlo_source)
        except StopIteration:
            has_ended(recording)
            raise
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            if not is_a(error, GeneratorExit):
                recording.broken_by(error)
            drop_frame(error)
            raise
        if not recording.done:
            take(self, recording, piece)
        return piece

    return _next


def _take(tee: Any, recording: Recording, piece: Foreign) -> None:
    recording.take(piece)


def _take_what_is_new(iterator: Any, recording: Recording, piece: Foreign) -> None:
    """A response that can be gone through again has several iterators: a layer measures it, or gevent does."""
    seen, data = recording.size - iterator._metlo_at, chunk(piece)
    iterator._metlo_at += len(data)
    if len(data) > seen:
        recording.take(data[seen:] if seen > 0 else piece)


def _of_source(self: Any, name: str) -> Foreign:
    try:
        return getattr(self._metlo_source, name)
    except BaseException as error:
        __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
        drop_frame(error)
        raise


def _close(self: Any) -> Foreign:
    try:
        close = getattr(self._metlo_source, "close", None)
        return close() if close is not None else None
    except BaseException as error:
        __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
        drop_frame(error)
        raise
    finally:
        self._metlo_recording.closed()
        self._metlo_recording = OVER


def _iterated(self: Any) -> Foreign:
    source, recording = self._metlo_source, self._metlo_recording
    recording.iterated = True
    try:
        box = (iter(source),)
    except BaseException as error:
        __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
        recording.broken_by(error)
        drop_frame(error)
        raise
    # The response has one iterator for all who ask, and holds it, or makes a new one for each.
    is_held = _references(box) > _FRESH
    iterator = box[0]
    if iterator is source:
        return self
    recording.iterators += 1
    at = recording.size if is_held else 0
    tee = _ITERATORS.of(iterator)(iterator, recording)
    tee._metlo_at = at
    return tee


def _dropped(self: Any, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
    """A server, or a test client, that never closes what it was given."""
    recording = self._metlo_recording
    if recording.done or is_finalizing():  # nothing of ours works any more while modules are torn down
        return
    if recording.iterators:  # the response goes on as one of them, or they as the response
        recording.iterators -= 1
        return
    if is_a(self, _Sequence):
        _see_all(self)
    recording.finish()


class ResponseTee:
    """A response's iterable; no recording itself: the table holds that, this goes as soon as the server drops it."""

    __slots__ = ("_metlo_source", "_metlo_recording", "__dict__", "__weakref__")
    _metlo_source: Foreign
    _metlo_recording: Recording

    def __init__(self, source: Foreign, recording: Recording) -> None:
        self._metlo_source = source
        self._metlo_recording = recording

    # The functions themselves: a method around them would be a frame of ours in a traceback.
    __iter__ = _iterated
    close = _close

    __getattr__ = _of_source

    def __dir__(self) -> Any:
        return dir(self._metlo_source)

    __del__ = _dropped


def _as_generator(tee: Any) -> "Iterator[Foreign]":
    """For a server in C that knows a generator by its type; one that never begins lets the tee go."""
    try:
        for piece in tee:
            yield piece
    except BaseException as error:
        __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
        drop_frame(error)
        raise
    finally:
        tee.close()


class IteratorTee(ResponseTee):
    """Of an iterator that is not the response itself."""

    __slots__ = ("_metlo_at",)
    _metlo_at: int  # bytes that it has given


class OrdinaryTee(ResponseTee):
    """Of Werkzeug's own iterable, which is its own iterator."""

    __slots__ = ()

    def __iter__(self) -> Foreign:
        self._metlo_recording.iterated = True
        return self

    def __next__(self) -> Foreign:
        recording = self._metlo_recording
        try:
            piece = next(self._metlo_source, _END)  # cheaper than the end as an exception
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            if not is_a(error, GeneratorExit):
                recording.broken_by(error)
            drop_frame(error)
            raise
        if piece is _END:
            recording.ended = True
            if not recording.size:  # hardly ever
                has_ended(recording)
            raise StopIteration
        if not recording.done:
            recording.take(piece)
        return piece

    def close(self) -> Foreign:
        try:
            return self._metlo_source.close()
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise
        finally:
            self._metlo_recording.closed()
            self._metlo_recording = OVER

    __reduce_ex__ = reduced
    __class__ = property(class_of_source)


def _see_all(self: Any) -> None:
    """Servers in C take the pieces without iterating."""
    recording = self._metlo_recording
    if not recording.iterated and not recording.done and recording.capture.guard.run(recording.was_taken_unseen):
        recording.iterated = recording.ended = True
        for piece in elements(self):
            recording.take(piece)


def _close_sequence(self: Any) -> Foreign:
    if not self._metlo_recording.iterated:
        _see_all(self)
    try:
        source = self._metlo_source
        close = None if type(source) is list else getattr(source, "close", None)
        return close() if close is not None else None
    except BaseException as error:
        __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
        drop_frame(error)
        raise
    finally:
        self._metlo_recording.closed()
        self._metlo_recording = OVER


class _Sequence:
    """A response that is a list or a tuple stays one: servers ask for its length to set Content-Length themselves.

    Some go through it once more for that (gevent, eventlet), in the middle of sending it: each piece is taken once.
    """

    __slots__ = ()
    _metlo_source: Foreign
    _metlo_recording: Recording
    _metlo_taken: int
    _metlo_kind: Any

    def __iter__(self) -> "Iterator[Foreign]":
        recording = self._metlo_recording
        recording.iterated = True
        return _each(self._metlo_kind.__iter__(self), self, recording)

    close = _close_sequence

    __getattr__ = _of_source

    __del__ = _dropped


def _each(pieces: "Iterator[Foreign]", sequence: Any, recording: Recording) -> "Iterator[Foreign]":
    """The pieces of a sequence, which stays while they are gone through."""
    for index, piece in enumerate(pieces):
        if index >= sequence._metlo_taken and not recording.done:
            sequence._metlo_taken = index + 1
            recording.take(piece)
        yield piece
    recording.ended = True
    if not recording.size:  # hardly ever
        has_ended(recording)


class _ListTee(_Sequence, list):  # type: ignore[type-arg]
    __slots__ = ("_metlo_source", "_metlo_recording", "_metlo_taken", "__dict__")
    _metlo_kind = list

    def __init__(self, source: Foreign, recording: Recording) -> None:
        list.__init__(self, source if type(source) is list else elements(source))
        self._metlo_source = source
        self._metlo_recording = recording
        self._metlo_taken = 0


class _TupleTee(_Sequence, tuple):  # type: ignore[type-arg]
    _metlo_kind = tuple

    def __new__(cls, source: Foreign, recording: Recording) -> Any:
        made: Any = tuple.__new__(cls, elements(source))
        made._metlo_source = source
        made._metlo_recording = recording
        made._metlo_taken = 0
        return made


_RESPONSES = StandIns(ResponseTee, {"__next__": _nexting(_take)})
_ITERATORS = StandIns(IteratorTee, {"__next__": _nexting(_take_what_is_new)})
_LISTS = StandIns(_ListTee, {"__iter__": _iterated}, list)
_TUPLES = StandIns(_TupleTee, {"__iter__": _iterated}, tuple)
_LIST = _LISTS.of([])
TEES: List[type] = [ResponseTee, _Sequence]  # the compiled one, too, where it is used


def hand_over_interrupted(frame: Any) -> None:
    """For a signal's handler that does not return: `frame` and its callers go no further, their answer may be out."""
    while frame is not None:
        for value in _held_by(frame):
            recording = _recording_of(value)
            if recording is not None and (recording.done or recording.has_passed()):
                recording.finish_again()
        frame = frame.f_back


def _recording_of(value: Foreign) -> Optional[Recording]:
    kind = type(value)
    if kind is Recording:
        return value  # type: ignore[no-any-return]
    if issubclass(kind, tuple(TEES)):
        return value._metlo_recording  # type: ignore[no-any-return]
    return of_environ(value) if kind is dict else None


def _held_by(frame: Any) -> Any:
    """Its variables, and what the object has whose method it is: a server's handler of one request, as wsgiref's."""
    held = list(frame.f_locals.values())
    try:
        held.extend(vars(frame.f_locals.get("self")).values())
    except Exception:  # noqa: BLE001 - it has no variables, or is a proxy of nobody knows what
        pass
    return held
