"""The WSGI edge of an app: looks on while a request runs and hands over an Exchange when it is over.

Must not know Flask's API, redaction or sending: routes come from `route_of`, exchanges go to `sink`.
"""

import sys
import time
from functools import partial, wraps
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from metlo_auto.exchange import EMPTY, Body, Exchange
from metlo_auto.guard import Guard
from metlo_auto.headers import described, of_request, of_response
from metlo_auto.input_tee import InputTee

# Where the hooks of a framework find the recording of the request that they run in.
KEY = "metlo_auto.recording"
# The attribute of an app that holds its Attachment.
ATTACHED = "_metlo_auto"
# A stream that runs on is reported at its first chunk after this many seconds.
STREAM_SECONDS = 60.0

# How those who took a websocket's socket over leave the app.
_ENDS_OF_A_SOCKET = (StopIteration, OSError)

Environ = Dict[str, Any]
Header = Tuple[str, str]
Route = Tuple[Optional[str], Optional[str], Dict[str, object]]  # rule as written, endpoint, URL parameters


class Capture(NamedTuple):
    """What the edge needs to know; `limit` in bytes of each body."""

    limit: int
    ignored: Optional[Callable[[str], bool]]  # of a path
    sieve: Callable[[str, int], Any]  # (content type, limit) -> filter for the request's body, or None
    route_of: Callable[[Environ], Route]
    sink: Callable[[Exchange], None]
    declare: Callable[[Callable[[], Any]], None]  # takes what will make the app's routes when they are wanted
    guard: Guard
    clock: Callable[[], float] = time.monotonic


class Attachment:
    """Ties one app to one capture; None lets its requests pass unseen.

    `declare` is called once, at the app's first request, when all its routes are there. `answered` says with which
    status a layer around the app answers an exception that leaves it; None where no such layer is known of.
    """

    def __init__(
        self,
        capture: Optional[Capture],
        declare: Optional[Callable[[Capture, Any], None]] = None,
        answered: Optional[Callable[[Any, BaseException], Optional[int]]] = None,
    ) -> None:
        self.capture = capture
        self.declare = declare
        self.answered = answered

    def declare_once(self, capture: Capture, app: Any) -> None:
        declare, self.declare = self.declare, None
        if declare is not None:
            declare(capture, app)

    def status_after(self, app: Any, error: BaseException) -> int:
        """What the client gets where `error` leaves the app."""
        try:
            return (self.answered and self.answered(app, error)) or 500
        except Exception:  # noqa: BLE001 - the app's own error goes on, whatever becomes of our copy
            return 500


def edge(method: Callable[..., Any]) -> Callable[..., Any]:
    """The WSGI `method` of a class with a look-out around it; each object has its own Attachment, or none."""

    @wraps(method, updated=())
    def wsgi_app(self: Any, environ: Environ, start_response: Callable[..., Any]) -> Any:
        attachment: Any = getattr(self, ATTACHED, None)  # an Attachment, or None
        recording = _begin(attachment, self, environ, start_response) if attachment is not None else None
        if recording is None:
            return method(self, environ, start_response)
        try:
            result = method(self, environ, recording.start_response)
        except BaseException as error:
            recording.left_by(error, attachment.status_after(self, error))
            raise
        return recording.watch(result)

    return wsgi_app


def _begin(
    attachment: Attachment, app: Any, environ: Environ, forward: Callable[..., Any]
) -> "Optional[Recording]":
    capture = attachment.capture
    # An app inside an app is the outer one's request: it is reported once.
    if capture is None or KEY in environ:
        return None
    try:
        if attachment.declare is not None:
            attachment.declare_once(capture, app)
        if capture.ignored is not None and capture.ignored(environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]):
            return None
        recording = Recording(capture, environ, forward)
        recording.tee_input(environ)
        environ[KEY] = recording
        return recording
    except Exception:  # noqa: BLE001 - the app runs whatever becomes of our copy
        capture.guard.note()
        return None


class Recording:
    """One exchange while it runs; stands in for `start_response`.

    What most requests never change is set on the class: that is cheaper than on each of them.
    """

    tee: Optional[InputTee] = None
    declared = 0
    upgrade = False
    status = 0
    headers: Sequence[Header] = ()
    size = 0
    ended = False
    unfinished = "aborted"  # what it is called where it is handed over before it has ended
    passthrough = False
    exception: Optional[str] = None
    route: Route = (None, None, {})
    done = False
    handed_over = False

    def __init__(self, capture: Capture, environ: Environ, forward: Callable[..., Any]) -> None:
        self.capture = capture
        self.environ: Optional[Environ] = environ
        self.forward = forward
        self.started = time.time()
        self.begun = capture.clock()
        # The app may change these for an app that it calls.
        self.path = (environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""))
        self.chunks: List[bytes] = []
        self.room = capture.limit

    def tee_input(self, environ: Environ) -> None:
        """Puts a tee in place of the server's stream, where there can be a body."""
        if "HTTP_UPGRADE" in environ and environ["HTTP_UPGRADE"].lower() == "websocket":
            self.upgrade = True  # or so the client says: a server that does not know it answers as always
        length = environ.get("CONTENT_LENGTH")
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        if (length and length != "0") or chunked or not environ.get("SERVER_PROTOCOL", "").startswith("HTTP/1"):
            self.declared = _number(length) if length else -1 if chunked else 0
            sieve = self.capture.sieve(environ.get("CONTENT_TYPE") or "", self.capture.limit)
            self.tee = InputTee(environ["wsgi.input"], self.capture.limit, sieve, self.capture.guard)
            environ["wsgi.input"] = self.tee

    # -- stands in for start_response

    def start_response(self, status: str, headers: Sequence[Header], *rest: Any, **named: Any) -> Callable[..., Any]:
        self.status = int(status[:3]) if status[:3].isdigit() else 0
        self.headers = headers
        self.note_route()
        return partial(self._write, self.forward(status, headers, *rest, **named))

    def note_route(self) -> None:
        """Flask forgets the request when it leaves the app, so this is asked while it is still in there."""
        try:
            self.route = self.capture.route_of(self.environ or {})
        except Exception:  # noqa: BLE001 - the answer goes out whatever becomes of our copy
            self.capture.guard.note()

    def _write(self, write: Callable[[bytes], Any], data: bytes) -> Any:
        self.take(data)
        return write(data)

    # -- what the response's iterable says

    def watch(self, result: Any) -> Any:
        """What the server gets instead of `result`: the same bytes at the same time."""
        try:
            if (self.upgrade and not self.status) or _goes_out_as_a_file(result, self.environ):
                # Only this very object lets the server use sendfile, or tells it that its socket was taken over: there
                # is no close of ours to wait for.
                self.passthrough = self.ended = True
                self.finish()
                return result
            if isinstance(result, (list, tuple)):
                return WatchedList(result, self)
            return Watched(result, self)
        except Exception:  # noqa: BLE001 - the server gets the app's answer whatever becomes of our copy
            self.capture.guard.note()
            return result

    def take(self, chunk: bytes) -> None:
        try:
            size = len(chunk)
            self.size += size
            if self.room > 0 and size:
                self.chunks.append(chunk if size <= self.room else chunk[:self.room])
            self.room -= size
            if self.capture.clock() - self.begun > STREAM_SECONDS:
                self.unfinished = "streaming"
                self.finish()
        except Exception:  # noqa: BLE001 - the client gets its chunk whatever becomes of our copy
            self.capture.guard.note()

    def broken_by(self, error: BaseException) -> None:
        if isinstance(error, Exception):
            self.exception = self.exception or type(error).__name__
        if not self.size:
            # Nothing of the answer was out yet: the server puts its own error in place of it.
            self.status = 500

    # -- the end

    def left_by(self, error: BaseException, status: int) -> None:
        """The app raised instead of answering; `status` is what the server, or a layer in between, will say."""
        if not self.upgrade or not isinstance(error, _ENDS_OF_A_SOCKET):
            self.status = status
            self.exception = self.exception or type(error).__name__
            self.headers = ()
        self.ended = True
        self.finish()

    def finish(self) -> None:
        """Hands the exchange over, once."""
        if self.done:
            return
        self.done = True
        try:
            self._hand_over()
        except Exception:  # noqa: BLE001 - the app is sacred: it never sees a failure of ours
            self.capture.guard.note()
        except BaseException:  # a server that is told to quit raises SystemExit wherever it is: the answer is out
            if not self.handed_over:
                self.capture.guard.run(self._hand_over)
            raise
        self.chunks = []
        if self.environ is not None:
            self.environ.pop(KEY, None)
            self.environ = None

    def _hand_over(self) -> None:
        if self.upgrade and self.status in (0, 200) and not self.size:  # a websocket that is over
            self.status = 101
        environ = self.environ or {}
        duration = self.capture.clock() - self.begun
        names, values = of_response(self.headers)
        response_type, response_encoding, length = described(names, values)
        route, endpoint, arguments = self.route
        get = environ.get
        method = get("REQUEST_METHOD", "GET")
        self.capture.sink(Exchange(
            self.started, duration, method, self.path[0], self.path[1], self.path[2],
            get("HTTP_HOST", ""), get("HTTP_X_FORWARDED_FOR", ""), *of_request(environ),
            get("CONTENT_TYPE") or "", get("HTTP_CONTENT_ENCODING", ""),
            self.tee.body(self.declared) if self.tee is not None else EMPTY,
            self.status, names, values, response_type, response_encoding, self._response_body(method, length),
            get("REMOTE_ADDR") or "", str(get("REMOTE_PORT") or ""), get("SERVER_NAME") or "",
            str(get("SERVER_PORT") or ""), route, endpoint, arguments, self.exception,
        ))
        self.handed_over = True

    def _response_body(self, method: str, length: int) -> Body:
        status = self.status
        if method == "HEAD" or status == 204 or status == 304 or status < 200:
            return EMPTY
        if self.passthrough:
            return Body(b"", max(self.size, length), "file")
        data = self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)
        if not self.ended and self.size != length:
            return Body(data, self.size, self.unfinished)
        return Body(data, self.size, "cut" if self.room < 0 else "")


class Watched:
    """A response's iterable; no recording itself: the environ holds that, this goes as soon as the server drops it."""

    __slots__ = ("_recording", "_next", "_close")

    def __init__(self, source: Any, recording: Recording) -> None:
        self._recording = recording
        self._close = getattr(source, "close", None)
        self._next = iter(source).__next__

    def __iter__(self) -> "Iterator[bytes]":
        return self

    def __next__(self) -> bytes:
        recording = self._recording
        try:
            chunk: bytes = self._next()
        except StopIteration:
            recording.ended = True
            raise
        except BaseException as error:
            recording.broken_by(error)
            raise
        if not recording.done:
            recording.take(chunk)
        return chunk

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
        if recording is not None and not is_finalizing():  # nothing of ours works any more while modules are torn down
            recording.finish()


class WatchedList(list):  # type: ignore[type-arg]
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
        if not is_finalizing():
            self._recording.finish()


def _number(text: str) -> int:
    """-1 where it is none: some servers let the client write what it likes."""
    try:
        return int(text)
    except ValueError:
        return -1


def _goes_out_as_a_file(result: Any, environ: Optional[Environ]) -> bool:
    wrapper = (environ or {}).get("wsgi.file_wrapper")
    # uWSGI's wrapper is a function that gives the file itself back.
    return (isinstance(wrapper, type) and isinstance(result, wrapper)) or hasattr(result, "read")
