"""What servers do that a WSGI app cannot see; knows how an environ tells the server. docs/servers.md has the facts.

A server that is not known here does what PEP 3333 asks for.
"""

from types import FunctionType
from typing import Any, Dict

from metlo_auto.capture.foreign import Foreign, is_a, module_name, text

Environ = Dict[str, Any]
# Send what start_response was given before they ask for the first piece of the body.
_HEADERS_AT_ONCE = ("cheroot", "granian", "uwsgi", "a2wsgi")
# Send the first status and ignore a second one once output has begun, without a word; the others raise.
_SECOND_COUNTS = ("eventlet", "tornado", "aiohttp_wsgi", "fastwsgi")
_WITHOUT_START = ("granian",)  # answer 200 where start_response was not called
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
    for thing in (environ.get("wsgi.input"), start_response):
        package = module_name(type(thing)).partition(".")[0].lstrip("_")
        if package not in ("", "io", "builtins", "metlo_auto"):
            return package
    if is_a(start_response, FunctionType):
        return text(start_response.__globals__.get("__name__")).partition(".")[0]
    return ""


def is_of_a_server(function: Any) -> bool:
    """Whether a function belongs to a server, and not to a layer between it and the app."""
    return text(function.__globals__.get("__name__")).partition(".")[0] in _SERVERS


def sends_headers_at_once(server: str) -> bool:
    """Whether the status is out before the body's first piece is asked for."""
    return server in _HEADERS_AT_ONCE


def takes_for_the_clients(server: str, error: BaseException) -> bool:
    """Whether the server closes the connection without a word, as if the client had gone."""
    return server == "gunicorn" and is_a(error, OSError)


def takes_second_status(server: str) -> bool:
    """Whether a second start_response counts though pieces of the body have been handed over."""
    return server in _SECOND_COUNTS


def needs_no_start(server: str) -> bool:
    """Whether the body goes out with 200 where the app never called start_response."""
    return server in _WITHOUT_START


def keeps_slashes_escaped(server: str) -> bool:
    """Whether PATH_INFO has `%2F` where the client wrote it so."""
    return server in _KEEP_SLASHES


def keeps_all_escaped(server: str) -> bool:
    """Whether PATH_INFO is the path as the client wrote it."""
    return server == "fastwsgi"
