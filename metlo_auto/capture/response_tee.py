"""What the server gets instead of the app's response: the same bytes at the same time, seen by a Recording."""

import sys
from typing import Any, Callable, Iterator, Optional, Sequence

from metlo_auto.capture.recording import Environ, Recording


def watch(result: Any, recording: Recording) -> Any:
    """The response `result` with the recording looking on; itself where only that very object will do."""
    try:
        if type(result) is recording.capture.ordinary and not recording.upgrade:
            return ResponseTee(result, recording)
        if (recording.upgrade and not recording.status) or _goes_out_as_a_file(result, recording.environ):
            # Only this very object lets the server use sendfile, or tells it that its socket was taken over: there
            # is no close of ours to wait for.
            recording.passthrough = recording.ended = True
            recording.finish()
            return result
        if isinstance(result, (list, tuple)):
            return ResponseListTee(result, recording)
        return ResponseTee(result, recording)
    except Exception:  # noqa: BLE001 - the server gets the app's answer whatever becomes of our copy
        recording.capture.guard.note()
        return result


class ResponseTee:
    """A response's iterable; no recording itself: the environ holds that, this goes as soon as the server drops it."""

    __slots__ = ("_source", "_close", "_recording")

    def __init__(self, source: Any, recording: Recording) -> None:
        self._source = iter(source)
        self._close = getattr(source, "close", None)
        self._recording = recording

    def __iter__(self) -> "Iterator[bytes]":
        """Of the server's two ways the cheaper one; it holds this object, which does not hold it."""
        recording = self._recording
        try:
            for chunk in self._source:
                if not recording.done:
                    recording.take(chunk)
                yield chunk
        except GeneratorExit:  # the server wants no more of it
            raise
        except BaseException as error:
            recording.broken_by(error)
            raise
        recording.ended = True

    def __next__(self) -> bytes:
        return next(iter(self))

    def close(self) -> None:
        close, self._close = self._close, None
        try:
            if close is not None:
                close()
        finally:
            self._recording.finish()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        # A server, or a test client, that never closes what it was given; there is no recording if iter() raised.
        recording = getattr(self, "_recording", None)
        # Nothing of ours works any more while modules are torn down.
        if recording is not None and not recording.done and not is_finalizing():
            recording.finish()


class ResponseListTee(list):  # type: ignore[type-arg]
    """A response that is a list stays one: servers ask for its length to set Content-Length themselves."""

    __slots__ = ("_recording",)

    def __init__(self, chunks: Sequence[bytes], recording: Recording) -> None:
        list.__init__(self, chunks)
        self._recording = recording
        for chunk in chunks:
            recording.take(chunk)
        recording.ended = True

    def close(self) -> None:
        self._recording.finish()

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        if not self._recording.done and not is_finalizing():
            self._recording.finish()


def _goes_out_as_a_file(result: Any, environ: Optional[Environ]) -> bool:
    wrapper = (environ or {}).get("wsgi.file_wrapper")
    # uWSGI's wrapper is a function that gives the file itself back.
    return (isinstance(wrapper, type) and isinstance(result, wrapper)) or hasattr(result, "read")
