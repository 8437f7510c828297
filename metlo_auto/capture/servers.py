"""What servers do that a WSGI app cannot see; knows how an environ tells the server. docs/servers.md has the facts.

A server that is not known here does what PEP 3333 asks for.
"""

import sys
from types import FunctionType, MethodType
from typing import Any, Dict

from metlo_auto.capture.foreign import Foreign, in_instance, is_a, module_name, text

Environ = Dict[str, Any]
MODULES = sys.modules
# Send what start_response was given before they ask for the first piece of the body.
_HEADERS_AT_ONCE = ("cheroot", "granian", "uwsgi", "a2wsgi")
# Send the first status and ignore a second one once output has begun, without a word; the others raise.
_SECOND_COUNTS = ("eventlet", "tornado", "aiohttp_wsgi", "fastwsgi")
_ALL = 1 << 62
# Hold back so many bytes of the body before anything goes out: where it breaks off before that, they send a 500 of
# their own, or nothing (tornado).
_HOLD_BACK = {"aiohttp_wsgi": _ALL, "tornado": _ALL, "fastwsgi": 262144, "eventlet": 4096}
_KEEP_STATUS = ("uwsgi", "a2wsgi")  # send it without a body where the app raises after start_response
_TAKE_BYTES = ("uwsgi",)
_HEAD_WITH_ANYTHING = ("gunicorn", "waitress", "werkzeug", "cheroot", "gevent")
_ITERATE = ("gunicorn", "waitress", "werkzeug", "cheroot", "wsgiref", "gevent", "eventlet")
_NOTHING_LATE = ("granian",)  # a start_response that comes with the first piece: 200 is out
_LEAVE_OPEN = ("twisted",)  # do not close a response that raised
_FAIL_ON_NOTHING = ("hypercorn",)  # a body without a byte
_FAIL_ON_A_BODY = ("gevent",)  # of a 204 or 304
_WITHOUT_START = ("granian", "rocket3")  # need no call of start_response
# Packages whose functions are a server's own start_response.
_SERVERS = (
    "werkzeug", "waitress", "eventlet", "gevent", "gunicorn", "hypercorn", "tornado", "wsgiref", "cheroot", "a2wsgi",
    "twisted", "granian", "netius", "aiohttp_wsgi", "rocket", "rocket3", "meinheld", "flup", "mod_wsgi", "asgiref",
)  # fmt: skip
_KEEP_SLASHES = ("cheroot", "rocket", "rocket3", "fastwsgi")


def server_of(environ: Environ, start_response: Foreign) -> str:
    """The server's package in lower case, by its software, stream or `start_response`; "" where nothing tells."""
    said = text(environ.get("SERVER_SOFTWARE")).lower().replace(" ", "/").partition("/")[0]
    if said:
        return said
    if "uwsgi.version" in environ:
        return "uwsgi"
    package = _package_of(environ.get("wsgi.input"))
    if package:
        return package
    if type(start_response) is FunctionType:
        return text(start_response.__globals__.get("__name__")).partition(".")[0]
    if type(start_response) is not MethodType:
        # The class of fastwsgi's start_response was never made ready: CPython dies where anything is asked of that.
        return "fastwsgi" if "_fastwsgi" in MODULES else _package_of(start_response)
    return module_name(type(start_response.__self__)).partition(".")[0]


def _package_of(thing: Foreign) -> str:
    """The package that its class comes from; "" where that is Python's or this one, whose wrappers tell nothing."""
    package = module_name(type(thing)).partition(".")[0].lstrip("_")
    return "" if package in ("io", "builtins", "tempfile", "metlo_auto") else package


def is_of_a_server(function: Any) -> bool:
    """Whether a function belongs to a server, and not to a layer between it and the app."""
    return text(function.__globals__.get("__name__")).partition(".")[0] in _SERVERS


def sends_headers_at_once(server: str) -> bool:
    """Whether the status is out before the body's first piece is asked for."""
    return server in _HEADERS_AT_ONCE


def takes_for_the_clients(server: str, error: BaseException) -> bool:
    """Whether the server closes the connection without a word, as if the client had gone."""
    return server == "gunicorn" and is_a(error, OSError)


def holds_back(server: str, size: int) -> bool:
    """Whether nothing is out yet when the app has given so many bytes."""
    return size < _HOLD_BACK.get(server, 1)


def takes_nothing_late(server: str) -> bool:
    """Whether the status is 200 where start_response is called after the app has returned."""
    return server in _NOTHING_LATE


def leaves_open_what_failed(server: str) -> bool:
    """Whether nothing tells that it is over, where the iterable has raised."""
    return server in _LEAVE_OPEN


def fails_on_nothing(server: str) -> bool:
    """Whether a response without a body, as that of 204, becomes a 500."""
    return server in _FAIL_ON_NOTHING


def fails_on_a_body(server: str) -> bool:
    """Whether a 204 or 304 with a body becomes a 500."""
    return server in _FAIL_ON_A_BODY


def keeps_status(server: str) -> bool:
    """Whether the status goes out that start_response was given, though the app raises then."""
    return server in _KEEP_STATUS


def sends_head_with_anything(server: str) -> bool:
    """Whether write() sends the head before it refuses what is no bytes."""
    return server in _HEAD_WITH_ANYTHING


def iterates(server: str) -> bool:
    """Whether it iterates each response, a list too, and closes what it took."""
    return server in _ITERATE


def takes_bytes(server: str) -> bool:
    """Whether bytes are a body for it, and not an iterable of numbers."""
    return server in _TAKE_BYTES


def takes_second_status(server: str) -> bool:
    """Whether a second start_response counts though pieces of the body have been handed over."""
    return server in _SECOND_COUNTS


def status_without_start(server: str, start_response: Foreign) -> str:
    """The status that the body goes out with where the app never called start_response, "" where the server fails."""
    if server not in _WITHOUT_START:
        return ""
    if server == "rocket3" and type(start_response) is MethodType:  # that of this thread's response before
        worker: Any = MethodType.__self__.__get__(start_response)
        return text(in_instance(worker, "status"))
    return "200"


def asks_generators_first(server: str) -> bool:
    """Whether it dies where anything but a generator calls start_response with its first piece."""
    return server == "fastwsgi"


def keeps_slashes_escaped(server: str) -> bool:
    """Whether PATH_INFO has `%2F` where the client wrote it so."""
    return server in _KEEP_SLASHES


def keeps_all_escaped(server: str) -> bool:
    """Whether PATH_INFO is the path as the client wrote it."""
    return server == "fastwsgi"
