"""One exchange while it runs, seen from the WSGI edge; builds the Exchange when it is over.

Must not know Flask's API, redaction or sending: routes come from `route_of`, exchanges go to `sink`.
"""

from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from metlo_auto.clocks import Real
from metlo_auto.exchange import EMPTY, Body, Exchange
from metlo_auto.guard import Guard
from metlo_auto.headers import described, of_request, of_response
from metlo_auto.input_tee import InputTee

# Where the hooks of a framework find the recording of the request that they run in.
KEY = "metlo_auto.recording"
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
    clock: Callable[[], float] = Real.monotonic


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
    route_kept = False
    done = False
    handed_over = False

    def __init__(self, capture: Capture, environ: Environ, forward: Callable[..., Any]) -> None:
        self.capture = capture
        self.environ: Optional[Environ] = environ
        self.forward = forward
        self.started = Real.wall()
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
        if self.route_kept:
            return
        try:
            self.route = self.capture.route_of(self.environ or {})
        except Exception:  # noqa: BLE001 - the answer goes out whatever becomes of our copy
            self.capture.guard.note()

    def keep_route(self) -> None:
        """The route is that of now: with an old Werkzeug an app inside leaves its own request in the environ."""
        self.note_route()
        self.route_kept = True

    def _write(self, write: Callable[[bytes], Any], data: bytes) -> Any:
        self.take(data)
        return write(data)

    # -- what the response's iterable says

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
            self.finish_again()
            raise
        self.chunks = []
        if self.environ is not None:
            self.environ.pop(KEY, None)
            self.environ = None

    def has_passed(self) -> bool:
        """Whether all of the answer has gone by, even if nobody asked for what comes after it."""
        return self.ended or self.size == described(*of_response(self.headers))[2]

    def finish_again(self) -> None:
        """For when `finish` was not reached, or cut short, and will not go on."""
        self.done = True
        if not self.handed_over:
            self.capture.guard.run(self._hand_over)

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


def hand_over_interrupted(frame: Any) -> None:
    """For a signal's handler that does not return: `frame` and its callers go no further, their answer may be out."""
    while frame is not None:
        for value in _held_by(frame):
            if type(value) is dict:
                value = value.get(KEY)  # an environ
            elif "_recording" in vars(type(value)):
                value = getattr(value, "_recording", None)  # what the server was given in place of the response
            if type(value) is Recording and value.has_passed():
                value.finish_again()
        frame = frame.f_back


def _held_by(frame: Any) -> List[Any]:
    """Its variables, and what the object has whose method it is: a server's handler of one request, as wsgiref's."""
    held = list(frame.f_locals.values())
    try:
        held.extend(vars(frame.f_locals.get("self")).values())
    except Exception:  # noqa: BLE001 - it has no variables, or is a proxy of nobody knows what
        pass
    return held


def _number(text: str) -> int:
    """-1 where it is none: some servers let the client write what it likes."""
    try:
        return int(text)
    except ValueError:
        return -1
