"""One exchange while it runs, seen from the WSGI edge; becomes the Exchange when it is over.

Must not know Flask's API, redaction or sending: routes come from `route_of`, exchanges go to `sink`.
"""

import os
import sys
import weakref
from threading import get_ident
from types import CodeType, FunctionType, GeneratorType
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import unquote_to_bytes

from metlo_auto.capture import servers
from metlo_auto.capture.exchange import EMPTY, Body, Exchange, make_body
from metlo_auto.capture.foreign import Foreign, chunk, class_name, drop_frame, is_a, pairs, text
from metlo_auto.capture.guard import Guard
from metlo_auto.capture.headers import Memo, number, of_request, of_response
from metlo_auto.capture.request_tee import BodyCopy, copy_of, tee
from metlo_auto.capture.trace_context import HEADER, LIBRARY, MODULES, of_header, of_span
from metlo_auto.clocks import Real

# A stream that runs on is reported at its first chunk after this many seconds.
STREAM_SECONDS = 60.0

# How those who took a websocket's socket over leave the app.
_ENDS_OF_A_SOCKET = (StopIteration, OSError)

Environ = Dict[str, Any]
Header = Tuple[str, str]
Route = Tuple[Optional[str], Optional[str], Dict[str, object]]  # rule as written, endpoint, URL parameters
_NO_ROUTE: Route = (None, None, {})

_WITHOUT_BODY = frozenset([*range(200), 204, 304])
_FAILED = 500  # what the client gets where nobody says another status
_PASSED_ON = 400  # from here on an app's response may be dropped, and another app asked
_DIGITS = frozenset("0123456789")
# "200 OK" -> 200; other digits of Unicode are no status.
_STATUSES = Memo(lambda status: int(status[:3]) if status and _DIGITS.issuperset(status[:3]) else 0)
_COUNTS_REFERENCES = sys.implementation.name == "cpython"


class Capture:
    """What the edge needs to know; `limit` in bytes of each body. No NamedTuple: it is read a dozen times a request."""

    __slots__ = ("limit", "ignored", "sieve", "route_of", "sink", "declare", "guard", "ordinary", "clock", "write",
                 "matches", "compiled")

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
        write: Optional[Callable[[Any], bool]] = None,  # of a recording: whether its trace was written the compiled way
        matches: Optional[Tuple[type, Dict[int, Any]]] = None,  # where `route_of` finds what it says of most requests
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
        self.write = write
        self.matches = matches
        self.compiled: Any = None  # the compiled edge, where there is one


class Recording(Exchange):
    """One exchange while it runs; stands in for `start_response`."""

    __slots__ = (
        "capture", "environ", "facts", "forward", "write_out", "begun", "copy", "declared", "upgrade", "headers",
        "chunks", "size", "room", "ended", "unfinished", "passthrough", "route_kept", "in_call", "iterated", "done",
        "handed_over", "write", "iterators", "head_out",
    )  # fmt: skip

    def __init__(self, capture: Capture, environ: Foreign, facts: Environ, forward: Foreign) -> None:
        """`facts`: a copy of the environ as it was at the beginning, since the app and some servers change theirs."""
        self.capture = capture
        self.environ = environ
        self.facts = facts
        self.forward = forward
        self.started = Real.wall()
        self.begun = capture.clock()
        self.copy: Optional[BodyCopy] = None
        self.declared = 0
        self.upgrade = False
        self.status = 0
        self.headers: Foreign = ()
        self.chunks: List[bytes] = []
        self.size = 0
        self.room = capture.limit
        self.ended = False
        self.unfinished = "aborted"  # what it is called where it is handed over before it has ended
        self.passthrough = False
        self.exception = None
        self.rules = None
        self.traceparent = None
        self.route, self.endpoint, self.arguments = _NO_ROUTE
        self.route_kept = False
        self.in_call = True  # the app has yet to return its response
        self.iterated = False  # somebody has begun to iterate the response
        self.iterators = 0  # stand-ins for iterators of the response that somebody holds, beside the response itself
        self.head_out = False  # write() was called
        self.done = False
        self.handed_over = False
        self.write = capture.write  # None where it has declined

    def tee_input(self, environ: Environ) -> None:
        """Puts a tee in place of the server's stream, where there can be a body."""
        facts = self.facts
        if "HTTP_UPGRADE" in facts and text(facts["HTTP_UPGRADE"]).lower() == "websocket":
            self.upgrade = True  # or so the client says: a server that does not know it answers as always
        length, protocol = facts.get("CONTENT_LENGTH", ""), facts.get("SERVER_PROTOCOL", "")
        if type(length) is not str or type(protocol) is not str:
            length, protocol = text(length), text(protocol)
        chunked = "HTTP_TRANSFER_ENCODING" in facts
        if "wsgi.input" not in facts:
            return
        if (length and length != "0") or chunked or protocol[:6] != "HTTP/1":
            self.declared = number(length) if length else -1 if chunked else 0
            capture = self.capture
            kind = facts.get("CONTENT_TYPE", "")
            sieve = capture.sieve(kind if type(kind) is str else text(kind), capture.limit)
            self.copy = BodyCopy(capture.limit, sieve, capture.guard)
            try:
                environ["wsgi.input"] = tee(facts["wsgi.input"], self.copy)
            except TypeError:
                pass  # an environ that takes nothing: what the app reads passes unseen

    def follow(self, first: "Recording") -> None:
        """Takes the place of `first`, whose response was not used: the same request went on to another app."""
        self.started, self.begun = first.started, first.begun
        if first.copy is not None and copy_of(self.facts.get("wsgi.input")) is first.copy:
            self.copy, self.declared = first.copy, first.declared
        first.drop()

    def is_of(self, environ: Foreign) -> bool:
        """Whether `environ`, the same object as at the beginning, is still this request's: uWSGI uses it again."""
        if not is_a(environ, dict) or dict.get(environ, "werkzeug.request") is not None:
            return True
        stream = dict.get(environ, "wsgi.input")
        return stream is self.facts.get("wsgi.input") or (self.copy is not None and copy_of(stream) is self.copy)

    # -- stands in for start_response

    def start_response(self, *args: Foreign, **named: Foreign) -> Foreign:
        try:
            write = self.forward(*args, **named) if named else self.forward(*args)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            self.note_route()
            if len(args) > 2:
                self.capture.guard.run(self._taken_all_the_same, args)
            drop_frame(error)
            raise
        if self.handed_over:
            return write
        try:
            ordinary = self.in_call and len(args) == 2 and not named and not self.status and not self.size
            if ordinary or self._counts(args, named):
                status, headers = args if ordinary else _status_and_headers(args, named)
                self.status = _STATUSES[status if type(status) is str else text(status)]
                # A copy: layers around the app may have added to the list, and may go on to use it.
                self.headers = headers.copy() if type(headers) is list else pairs(headers)
                if LIBRARY in MODULES:
                    self.traceparent = of_span()
                if not self.route_kept:  # asked here, since Flask forgets the request when it leaves the app
                    self.route, self.endpoint, self.arguments = self.capture.route_of(self.environ)
        except Exception:  # noqa: BLE001 - the response goes out whatever becomes of our copy
            self.capture.guard.note()
        if write is None:  # some servers have no write()
            return None
        self.write_out = write
        return self._write

    def _taken_all_the_same(self, args: Any) -> None:
        """uWSGI takes a second response, and then raises what it was given with it."""
        if servers.keeps_status(self._server()):
            self.status, self.headers = _STATUSES[text(args[0])], pairs(args[1])

    def _counts(self, args: Any, named: Any) -> bool:
        """Whether what start_response was given goes out: the server has accepted it."""
        if not (self.in_call or self.status) and servers.takes_nothing_late(self._server()):
            self.status = 200
            return False
        if self.size and not servers.takes_second_status(self._server()):
            return False
        # a2wsgi sends the first one
        return not (self.status and (len(args) > 2 or named) and self._server() == "a2wsgi")

    def _server(self) -> str:
        return servers.server_of(self.facts, self.forward)

    def has_to_be_a_generator(self, result: Foreign) -> bool:
        """Whether the server dies of this generator if it gets something else in its place."""
        return is_a(result, GeneratorType) and servers.asks_generators_first(self._server())

    def was_taken_unseen(self) -> bool:
        """Whether the server may have taken the pieces of a sequence without iterating it."""
        return not servers.iterates(self._server())

    def note_route(self) -> None:
        """For what ends without `start_response`, or before it; to be called while Flask is still in the request."""
        found = None if self.route_kept else self.capture.guard.run(self.capture.route_of, self.environ)
        if found is not None:
            self.route, self.endpoint, self.arguments = found

    def keep_route(self) -> None:
        """The route is that of now: with an old Werkzeug an app inside leaves its own request in the environ."""
        self.note_route()
        self.route_kept = True

    def _write(self, *args: Foreign, **named: Foreign) -> Foreign:
        self.head_out = True
        try:
            result = self.write_out(*args, **named)
        except BaseException as error:
            __traceback_hide__ = True  # noqa: F841 - read by Werkzeug's debugger
            drop_frame(error)
            raise
        self.take(args[0] if args else None)
        return result

    def _has_written(self, server: str) -> bool:
        """Whether the head is out, since write() was called."""
        if self.head_out and not self.size:  # with what is no bytes
            return servers.sends_head_with_anything(server)
        return self.size > 0 and not servers.holds_back(server, self.size)

    # -- what the response's iterable says

    def take(self, piece: Foreign) -> None:
        try:
            data: bytes = piece if type(piece) is bytes else chunk(piece)
            size, room = len(data), self.room
            self.size += size
            self.room = room - size
            if room > 0 and size:
                self.chunks.append(data if size <= room else data[:room])
            if self.capture.clock() - self.begun > STREAM_SECONDS:
                self.unfinished = "streaming"
                self.finish()
        except Exception:  # noqa: BLE001 - the client gets its chunk whatever becomes of our copy
            self.capture.guard.note()

    def refused_by_most(self, result: Foreign) -> None:
        """The app has returned None, or a text or bytes and no iterable of them."""
        if is_a(result, bytes) and servers.takes_bytes(self._server()):
            self.ended = True
            self.take(result)
        elif result is None and not servers.sends_headers_at_once(self._server()):
            self.status, self.headers, self.ended = _FAILED, (), True
        self.finish()

    def ended_empty(self) -> None:
        """The iterable has ended, and gave nothing."""
        if self.capture.guard.run(servers.fails_on_nothing, self._server()):
            self.status, self.headers = _FAILED, ()

    def broken_by(self, error: BaseException) -> None:
        """The iterable raised instead of giving its next piece."""
        try:
            if is_a(error, Exception):
                self.exception = self.exception or class_name(type(error))
            server = self._server()
            if servers.holds_back(server, self.size) and not servers.sends_headers_at_once(server) and (
                    not servers.takes_for_the_clients(server, error)):  # fmt: skip
                # Nothing of the response was out yet: the server puts its own error in place of it.
                self.status, self.headers, self.size, self.chunks = _FAILED, (), 0, []
            if servers.leaves_open_what_failed(server):
                self.finish()
        except Exception:  # noqa: BLE001 - the app's own error goes on, whatever becomes of our copy
            self.capture.guard.note()

    # -- the end

    def left_by(self, error: BaseException, status: int) -> None:
        """The app raised instead of answering; `status` is what the server, or a layer in between, will say."""
        self.in_call = False
        server = self._server()
        goes_out = self.status > 0 and (servers.keeps_status(server) or self._has_written(server))
        if not self.upgrade or not is_a(error, _ENDS_OF_A_SOCKET):
            self.exception = self.exception or class_name(type(error))
            if not goes_out:
                self.status, self.headers = status, ()
        self.ended = not goes_out and not servers.takes_for_the_clients(server, error)
        self.done = True
        self._finish_now()

    def closed(self) -> None:
        """The server has closed the response, or lets it go."""
        if not self.ended and sys.exc_info()[0] is not None:
            self.unfinished = "failed"  # on what it was given: that Content-Length bytes have passed says nothing
        if self.status >= _PASSED_ON or self.done:
            self.finish()
        else:  # nothing that waits
            self.done = True
            self._finish_now()

    def finish(self) -> None:
        """Hands the exchange over, once; an error that nobody has read waits: another app may answer in its place."""
        if self.done:
            return
        self.done = True
        try:
            if self.status >= _PASSED_ON and not self.iterated and self._waits():
                return
        except Exception:  # noqa: BLE001 - then it does not wait
            self.capture.guard.note()
        self._finish_now()

    def _waits(self) -> bool:
        """Whether who called the app looks at the response, and may still call another app.

        A layer that does so gives the app a function of its own as start_response, and is still running. That function
        goes when the layer returns.
        """
        forward = self.forward
        if not _COUNTS_REFERENCES or type(forward) is not FunctionType or servers.is_of_a_server(forward):
            return False
        if not _is_running(forward.__code__):
            return False
        self.write_out = None
        self.forward = watcher = weakref.ref(forward, lambda gone: self._finish_now())
        del forward
        if watcher() is None:
            return False
        WAITING[get_ident()] = self
        return True

    def _finish_now(self) -> None:
        key = id(self.environ)
        if LIVE.get(key) is self:
            LIVE.pop(key, None)
        if WAITING and WAITING.get(get_ident()) is self:
            WAITING.pop(get_ident(), None)
        if self.handed_over:
            return
        try:
            self._hand_over()
        except Exception:  # noqa: BLE001 - the app is sacred: it never sees an internal error
            self.capture.guard.note()
        except BaseException:  # a server that is told to quit raises SystemExit wherever it is: the response is out
            self.finish_again()
            raise
        self._forget()

    def drop(self) -> None:
        """Nobody is to hear of it: another app answers the same request."""
        WAITING.pop(get_ident(), None)
        self.done = self.handed_over = True
        self._forget()

    def _forget(self) -> None:
        # A stream may run on for days, and a traceback may hold this for as long.
        self.chunks, self.copy, self.request_body, self.response_body = [], None, EMPTY, EMPTY
        self.facts, self.environ, self.headers = {}, None, ()
        # The server's start_response stays: the app may call it for as long as it has ours.
        if type(self.forward) is weakref.ref:
            self.forward = self.forward() or _nobody

    def has_passed(self) -> bool:
        """Whether all of the response has gone by, even if nobody asked for what comes after it."""
        return self.ended or self.size == number(of_response(self.headers)[2][2])

    def finish_again(self) -> None:
        """For when `finish` was not reached, or cut short, and will not go on."""
        self.done = True
        if not self.handed_over:
            self.capture.guard.run(self._hand_over)

    def _hand_over(self) -> None:
        if HEADER in self.facts and self.traceparent is None:
            self.traceparent = of_header(self.facts[HEADER])
        if self.status in _WITHOUT_BODY and self.size and servers.fails_on_a_body(self._server()):
            self.status, self.headers, self.size, self.chunks = _FAILED, (), 0, []
        write = self.write
        if write is not None and write(self):
            self.handed_over = True
            return
        if self.upgrade and self.status in (0, 200) and not self.size:  # a websocket that is over
            self.status = 101
        if not self.status:
            self._without_status()
        self.duration = self.capture.clock() - self.begun
        self.peers, self.request_names, self.request_values, said = of_request(self.facts)
        script_name, path, self.query, method, port, self.request_type, self.request_encoding = said
        self.script_name = script_name = script_name.rstrip("/") if script_name else ""
        self.slashes_escaped = False
        self.path = path
        if "%" in path:
            self._see_escapes()
            path = self.path
        if path[:1] != "/" and (path or not script_name):
            self.path = "/" + path
        self.method = method or "GET"
        # "None", or nothing, over a Unix socket
        self.remote_port = port if port and port.isdigit() and port != "0" else ""
        self.request_body = EMPTY if self.copy is None else self.copy.body(self.declared)
        self.response_names, self.response_values, (
            self.response_type, self.response_encoding, length) = of_response(self.headers)
        self.response_body = self._response_body(number(length) if length else -1)
        self.capture.sink(self)
        self.handed_over = True

    def _without_status(self) -> None:
        """start_response was never called, or with no number that anybody could read."""
        self.status = _STATUSES[servers.status_without_start(self._server(), self.forward)] if self.ended else 0
        if not self.status:
            self.status, self.ended, self.size, self.chunks = _FAILED, self.ended and not self.size, 0, []

    def _see_escapes(self) -> None:
        server = self._server()
        if servers.keeps_slashes_escaped(server):
            self.slashes_escaped = True
            if servers.keeps_all_escaped(server):
                parts = self.path.replace("%2f", "%2F").split("%2F")
                self.path = "%2F".join([unquote_to_bytes(part).decode("latin-1") for part in parts])

    def _response_body(self, length: int) -> Body:
        if self.status in _WITHOUT_BODY or self.method == "HEAD":
            return EMPTY
        size = self.size
        if self.passthrough:
            return Body(b"", max(size, length) or length, "file")
        chunks = self.chunks
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if length < 0 or size == length:
            if (self.ended or size == length) and self.unfinished != "failed":
                return make_body((data, size, "cut" if self.room < 0 else ""))
        elif size > length:  # the client takes as much as it was told
            return Body(data[:length], length, "cut")
        return Body(data, size, "aborted" if self.unfinished == "failed" or self.ended else self.unfinished)


def _nobody(*args: Foreign, **named: Foreign) -> None:
    """In place of a start_response that is gone: whoever could have seen that it was called is gone with it."""


def _status_and_headers(args: Any, named: Any) -> Tuple[Foreign, Foreign]:
    status = args[0] if args else named.get("status")
    return status, args[1] if len(args) > 1 else named.get("headers", named.get("response_headers"))


def _is_running(inner: CodeType) -> bool:
    """Whether a function that makes functions of this code is being executed by this thread."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if any(constant is inner for constant in frame.f_code.co_consts):
            return True
        frame = frame.f_back
    return False


# What runs now, by the id of its environ: neither the environ nor the app has anything of ours in it.
# Values are Recordings, or what the compiled edge has instead.
LIVE: Dict[int, Any] = {}
# What waits for the layer that called its app, by thread: over when that returns, or another request begins.
WAITING: Dict[int, Recording] = {}


def no_longer_waits(environ: Foreign) -> None:
    """A request with this environ begins in this thread."""
    waiting = WAITING.get(get_ident())
    if waiting is not None and waiting.environ is not environ:
        waiting._finish_now()


def of_environ(environ: Foreign) -> Optional[Recording]:
    """The recording of the request with this very environ."""
    return _as_recording(LIVE.get(id(environ)))


def _as_recording(running: Any) -> Optional[Recording]:
    """Itself, or the one that goes on from here where the compiled edge has begun."""
    return running if running is None or type(running) is Recording else running.recording()


def restored(capture: Capture, environ: Foreign, facts: Environ, forward: Foreign, known: Dict[str, Any]) -> Recording:
    """One that has begun elsewhere; `known`: its fields."""
    recording = Recording(capture, environ, facts, forward)
    for name, value in known.items():
        setattr(recording, name, value)
    return recording


def hand_over_rest() -> None:
    """For the end of the process: what was answered and not closed, and what waits for a call to return."""
    for recording in map(_as_recording, list(LIVE.values())):
        if recording is None:
            continue
        if recording.done or (recording.status and not recording.in_call):
            recording.done = True
            recording._finish_now()


# A recording that is over. What has been closed holds this one, and so nothing of its server's.
_NO_CAPTURE = Capture(
    0, None, lambda *kind: None, lambda environ: _NO_ROUTE, lambda exchange: None, lambda make: None, Guard())
OVER = Recording(_NO_CAPTURE, None, {}, _nobody)
OVER.done = OVER.handed_over = True

if hasattr(os, "register_at_fork"):  # what runs in the parent is the parent's to report
    os.register_at_fork(after_in_child=LIVE.clear)  # novermin - 3.7; asked for by name
