"""One exchange while it runs, seen from the WSGI edge; becomes the Exchange when it is over.

Must not know Flask's API, redaction or sending: routes come from `route_of`, exchanges go to `sink`.
"""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from metlo_auto.capture.exchange import EMPTY, Body, Exchange, make_body
from metlo_auto.capture.guard import Guard
from metlo_auto.capture.headers import Memo, described, number, of_request, of_response
from metlo_auto.capture.request_tee import RequestTee
from metlo_auto.clocks import Real

# Where the hooks of a framework find the recording of the request that they run in.
KEY = "metlo_auto.recording"
# A stream that runs on is reported at its first chunk after this many seconds.
STREAM_SECONDS = 60.0

# How those who took a websocket's socket over leave the app.
_ENDS_OF_A_SOCKET = (StopIteration, OSError)

Environ = Dict[str, Any]
Header = Tuple[str, str]
Route = Tuple[Optional[str], Optional[str], Dict[str, object]]  # rule as written, endpoint, URL parameters
_NO_ROUTE: Route = (None, None, {})

_WITHOUT_BODY = frozenset([*range(200), 204, 304])
_STATUSES = Memo(lambda status: int(status[:3]) if status[:3].isdigit() else 0)  # "200 OK" -> 200


class Capture:
    """What the edge needs to know; `limit` in bytes of each body. No NamedTuple: it is read a dozen times a request."""

    __slots__ = ("limit", "ignored", "sieve", "route_of", "sink", "declare", "guard", "ordinary", "clock")

    def __init__(
        self,
        limit: int,
        ignored: Optional[Callable[[str], bool]],  # of a path
        sieve: Callable[[str, int], Any],  # (content type, limit) -> filter for the request's body, or None
        route_of: Callable[[Environ], Route],
        sink: Callable[[Exchange], None],
        declare: Callable[[Callable[[], Any]], None],  # takes what will make the app's routes when they are wanted
        guard: Guard,
        ordinary: Optional[type] = None,  # a class of responses that are no files
        clock: Callable[[], float] = Real.monotonic,
    ) -> None:
        self.limit = limit
        self.ignored = ignored
        self.sieve = sieve
        self.route_of = route_of
        self.sink = sink
        self.declare = declare
        self.guard = guard
        self.ordinary = ordinary
        self.clock = clock


class Recording(Exchange):
    """One exchange while it runs; stands in for `start_response`."""

    __slots__ = (
        "capture", "environ", "forward", "write_out", "begun", "asked", "tee", "declared", "upgrade", "headers",
        "chunks", "size", "room", "ended", "unfinished", "passthrough", "route_kept", "done", "handed_over",
    )  # fmt: skip

    def __init__(self, capture: Capture, environ: Environ, forward: Callable[..., Any]) -> None:
        self.capture = capture
        self.environ: Optional[Environ] = environ
        self.forward = forward
        self.started = Real.wall()
        self.begun = capture.clock()
        # The app may change these for an app that it calls.
        get = environ.get
        self.asked = (get("SCRIPT_NAME", ""), get("PATH_INFO", ""), get("QUERY_STRING", ""))
        self.tee: Optional[RequestTee] = None
        self.declared = 0
        self.upgrade = False
        self.status = 0
        self.headers: Sequence[Header] = ()
        self.chunks: List[bytes] = []
        self.size = 0
        self.room = capture.limit
        self.ended = False
        self.unfinished = "aborted"  # what it is called where it is handed over before it has ended
        self.passthrough = False
        self.exception = None
        self.rules = None
        self.route, self.endpoint, self.arguments = _NO_ROUTE
        self.route_kept = False
        self.done = False
        self.handed_over = False

    def tee_input(self, environ: Environ) -> None:
        """Puts a tee in place of the server's stream, where there can be a body."""
        if "HTTP_UPGRADE" in environ and environ["HTTP_UPGRADE"].lower() == "websocket":
            self.upgrade = True  # or so the client says: a server that does not know it answers as always
        length = environ.get("CONTENT_LENGTH")
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        if (length and length != "0") or chunked or environ.get("SERVER_PROTOCOL", "")[:6] != "HTTP/1":
            self.declared = number(length) if length else -1 if chunked else 0
            capture = self.capture
            sieve = capture.sieve(environ.get("CONTENT_TYPE") or "", capture.limit)
            environ["wsgi.input"] = self.tee = RequestTee(environ["wsgi.input"], capture.limit, sieve, capture.guard)

    # -- stands in for start_response

    def start_response(self, status: str, headers: Sequence[Header], *rest: Any, **named: Any) -> Callable[..., Any]:
        try:
            self.status = _STATUSES[status]
            self.headers = headers
            if not self.route_kept:  # asked here, since Flask forgets the request when it leaves the app
                self.route, self.endpoint, self.arguments = self.capture.route_of(self.environ or {})
        except Exception:  # noqa: BLE001 - the answer goes out whatever becomes of our copy
            self.capture.guard.note()
        if rest or named:
            self.write_out = self.forward(status, headers, *rest, **named)
        else:
            self.write_out = self.forward(status, headers)
        return self._write

    def note_route(self) -> None:
        """For what ends without `start_response`, or before it; to be called while Flask is still in the request."""
        found = None if self.route_kept else self.capture.guard.run(self.capture.route_of, self.environ or {})
        if found is not None:
            self.route, self.endpoint, self.arguments = found

    def keep_route(self) -> None:
        """The route is that of now: with an old Werkzeug an app inside leaves its own request in the environ."""
        self.note_route()
        self.route_kept = True

    def _write(self, data: bytes) -> Any:
        self.take(data)
        return self.write_out(data)

    # -- what the response's iterable says

    def take(self, chunk: bytes) -> None:
        try:
            size, room = len(chunk), self.room
            self.size += size
            self.room = room - size
            if room > 0 and size:
                self.chunks.append(chunk if size <= room else chunk[:room])
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
        # A stream may run on for days, and a traceback may hold this for as long.
        self.chunks, self.tee, self.request_body, self.response_body = [], None, EMPTY, EMPTY
        if self.environ is not None:
            self.environ.pop(KEY, None)
            self.environ = None

    def has_passed(self) -> bool:
        """Whether all of the answer has gone by, even if nobody asked for what comes after it."""
        return self.ended or self.size == number(described(*of_response(self.headers))[2])

    def finish_again(self) -> None:
        """For when `finish` was not reached, or cut short, and will not go on."""
        self.done = True
        if not self.handed_over:
            self.capture.guard.run(self._hand_over)

    def _hand_over(self) -> None:
        if self.upgrade and self.status in (0, 200) and not self.size:  # a websocket that is over
            self.status = 101
        environ = self.environ or {}
        self.duration = self.capture.clock() - self.begun
        self.script_name, self.path, self.query = self.asked
        get = environ.get
        self.method = get("REQUEST_METHOD", "GET")
        self.remote_port = str(get("REMOTE_PORT") or "")
        self.peers, self.request_names, self.request_values = of_request(environ)
        self.request_type = get("CONTENT_TYPE") or ""
        self.request_encoding = get("HTTP_CONTENT_ENCODING", "")
        self.request_body = EMPTY if self.tee is None else self.tee.body(self.declared)
        self.response_names, self.response_values = of_response(self.headers)
        self.response_type, self.response_encoding, length = described(self.response_names, self.response_values)
        self.response_body = self._response_body(length)
        self.capture.sink(self)
        self.handed_over = True

    def _response_body(self, length: str) -> Body:
        if self.status in _WITHOUT_BODY or self.method == "HEAD":
            return EMPTY
        if self.passthrough:
            return Body(b"", max(self.size, number(length)), "file")
        chunks = self.chunks
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if self.ended or self.size == number(length):
            return make_body((data, self.size, "cut" if self.room < 0 else ""))
        return Body(data, self.size, self.unfinished)


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
