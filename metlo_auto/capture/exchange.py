"""One HTTP exchange as the app's WSGI edge saw it: raw values, nothing interpreted; knows nothing else of the agent."""

from functools import partial
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple


class Body(NamedTuple):
    """What was kept of a request's or response's body.

    `data`: the kept bytes, at most the limit. `size`: bytes that passed by, -1 where nobody can know.
    `omitted`: why `data` is not the whole body (`binary`, `file`, `unread`, `cut`, `aborted`, `streaming`,
    `undecodable`), "" where it is.
    """

    data: bytes
    size: int
    omitted: str = ""


EMPTY = Body(b"", 0)


# What a NamedTuple's own constructor does, without its Python function: of a tuple of all fields.
make_body: Callable[[Tuple[Any, ...]], Body] = partial(tuple.__new__, Body)


class Peers(NamedTuple):
    """Who speaks with whom, all as WSGI has it, "" where it says nothing; the same object for the same five."""

    host: str  # the Host header
    forwarded_for: str  # X-Forwarded-For as sent
    remote_addr: str
    server_name: str
    server_port: str


class Exchange:
    """Strings that come from WSGI are native strings of latin-1 bytes (PEP 3333), here as the server gave them.

    Slots, and no tuple: each is written once and read a few times at every request, which costs a tenth of it here.
    """

    __slots__ = (
        "started", "duration", "method", "script_name", "path", "slashes_escaped", "query", "peers", "remote_port",
        "request_names", "request_values", "request_type", "request_encoding", "request_body", "status",
        "response_names", "response_values", "response_type", "response_encoding", "response_body",
        "route", "endpoint", "arguments", "exception", "rules",
        "traceparent",
    )  # fmt: skip

    def __init__(self) -> None:
        self.slashes_escaped = False
        self.traceparent = None

    started: float  # seconds since the epoch
    duration: float  # seconds until the last byte was handed over
    method: str
    script_name: str  # without a slash at its end
    path: str  # "" or with a slash at its beginning
    slashes_escaped: bool  # whether %2F in `path` is an escape of the client's, which its server leaves alone
    query: str
    peers: Peers
    remote_port: str
    request_names: Tuple[str, ...]  # of its headers, in order; names and values apart since the names repeat
    request_values: Tuple[str, ...]
    request_type: str  # Content-Type, "" where there is none
    request_encoding: str  # Content-Encoding, likewise
    request_body: Body
    status: int
    response_names: Tuple[str, ...]
    response_values: Tuple[str, ...]
    response_type: str
    response_encoding: str
    response_body: Body
    route: Optional[str]  # the rule as written, None where nothing matched
    endpoint: Optional[str]  # Flask's name of it
    arguments: Dict[str, object]  # the URL parameters of the route, by name
    exception: Optional[str]  # the class of an exception that left the view
    traceparent: Optional[str]  # the distributed trace that it belongs to, None where nobody says
    rules: Any  # the AppRules of the app, None where nobody knows them
