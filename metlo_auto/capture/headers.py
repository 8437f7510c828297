"""Headers as names and values apart: names repeat from request to request, and what follows from them is kept.

All that is kept is bounded, since clients choose names and their order. Knows WSGI's spelling, nothing of meaning.
"""

import os
from operator import countOf, itemgetter
from typing import Any, Callable, Dict, NamedTuple, Sequence, Tuple

from metlo_auto.capture.exchange import Peers
from metlo_auto.capture.foreign import pairs, text

Names = Tuple[str, ...]
Values = Tuple[str, ...]
_KEPT = 1000
_LONGEST = 2000  # characters


class Memo(dict):  # type: ignore[type-arg]
    """What `work_out` makes of a key, kept until there are `most` of them; of no key that is very long."""

    def __init__(self, work_out: Callable[[Any], Any], most: int = _KEPT) -> None:
        dict.__init__(self)
        self._work_out = work_out
        self._most = most

    def __missing__(self, key: Any) -> Any:
        value = self._work_out(key)
        if _length(key) <= _LONGEST:
            if len(self) >= self._most:
                self.clear()
            self[key] = value
        return value


def _length(key: Any) -> int:
    """Characters in a key made of tuples of strings and the like."""
    return sum(map(_length, key)) if type(key) is tuple else len(key) if type(key) is str else 0


def header_name(key: str) -> str:
    """The header that an environ key stands for, "" for none."""
    if key.startswith("HTTP_"):
        return key[5:].replace("_", "-").title()
    return {"CONTENT_TYPE": "Content-Type", "CONTENT_LENGTH": "Content-Length"}.get(key, "")


# Where an environ says what Peers has, in its order.
_PEERS = ("HTTP_HOST", "HTTP_X_FORWARDED_FOR", "REMOTE_ADDR", "SERVER_NAME", "SERVER_PORT")
# What else is wanted of it, in the order in which `of_request` gives it.
_REQUEST = (
    "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "REQUEST_METHOD", "REMOTE_PORT", "CONTENT_TYPE",
    "HTTP_CONTENT_ENCODING",
)  # fmt: skip
# Twisted, netius and rocket3 give these beside CONTENT_TYPE and CONTENT_LENGTH, where others have them alone.
_TWICE = ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH")
_ValuesOf = Callable[[Dict[str, Any]], Values]


class _Plan(NamedTuple):
    """What to take out of an environ with certain keys."""

    names: Names  # of its headers
    headers: int  # how many there are
    values_of: _ValuesOf  # headers first, then what else is asked for
    peers_of: Callable[[Values], Any]  # what Peers has, of the values and "" after them, for what is missing
    request_of: Callable[[Values], Any]  # what Request has, likewise
    process: Tuple[str, ...]  # those of its headers' keys that the environment of the process has too
    twice: Tuple[str, ...]  # those of its headers' keys that have a twin without HTTP_


def _plan(keys: Tuple[str, ...]) -> _Plan:
    chosen = [key for key in keys if type(key) is str and header_name(key)]
    further = [key for key in keys if type(key) is str and key in (*_PEERS, *_REQUEST) and key not in chosen]
    process = tuple([key for key in chosen if key.startswith("HTTP_") and key in os.environ])
    twice = tuple([key for key in chosen if key in _TWICE and key[5:] in chosen])
    places = {key: at for at, key in enumerate(chosen + further)}
    peers, request = ([places.get(key, -1) for key in wanted] for wanted in (_PEERS, _REQUEST))
    return _Plan(tuple(map(header_name, chosen)), len(chosen), _getter(chosen + further),
                 itemgetter(*peers), itemgetter(*request), process, twice)


def _getter(keys: Sequence[str]) -> _ValuesOf:
    return itemgetter(*keys) if len(keys) > 1 else lambda environ: tuple([environ[key] for key in keys])


_PLANS = Memo(_plan)
_KNOWN_PEERS = Memo(lambda said: Peers(*map(text, said)))


def of_request(environ: Dict[str, Any]) -> Tuple[Peers, Names, Values, Values]:
    """Who speaks with whom, the request's headers in the order of the environ, and what `_REQUEST` names."""
    names, count, values_of, peers_of, request_of, process, twice = _PLANS[tuple(environ)]
    if process or twice:
        added = _added_by_the_server(environ, process, twice)
        if added:
            return of_request({key: value for key, value in environ.items() if key not in added})
    values = values_of(environ)
    if countOf(map(type, values), str) != len(values):  # WSGI wants strings; not all that writes into an environ knows
        values = tuple(map(text, values))
    said = values + ("",)
    values = values[:count]
    peers, request = _KNOWN_PEERS[peers_of(said)], request_of(said)
    # Some servers give these two empty where the client sent none.
    if "" in values:
        pairs = [pair for pair in zip(names, values) if pair[1] or not pair[0].startswith("Content-")]
        return peers, tuple([name for name, _ in pairs]), tuple([value for _, value in pairs]), request
    return peers, names, values, request


def _added_by_the_server(environ: Dict[str, Any], process: Sequence[str], twice: Sequence[str]) -> Sequence[str]:
    """Those of these keys that are no header of their own: a copy of the process's environment, or said again."""
    again = [key for key in twice if text(environ[key]) == text(environ[key[5:]])]
    # wsgiref and granian copy the process's environment into that of a request: HTTP_PROXY is no header.
    return again if _is_cgi(environ) else again + [key for key in process if text(environ[key]) == os.environ.get(key)]


def _is_cgi(environ: Dict[str, Any]) -> bool:
    """Whether a process was started for this request, and has its headers in its environment."""
    return "GATEWAY_INTERFACE" in os.environ or text(environ.get("wsgi.run_once")) == "True"


def of_response(headers: Sequence[Tuple[str, str]]) -> Tuple[Names, Values, Values]:
    """The names and values of what start_response was given; Content-Type, Content-Encoding and Content-Length."""
    for pair in headers:
        if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not str or type(pair[1]) is not str:
            headers = pairs(headers)
            break
    if not headers:
        return (), (), ("", "", "")
    names, values = zip(*headers)
    return names, values, _DESCRIBED[names](values + ("",))


def _described(names: Names) -> Callable[[Values], Any]:
    """What takes Content-Type, Content-Encoding and Content-Length out of the values with "" after them, for none."""
    lowered = [name.lower() for name in names]
    return itemgetter(*[lowered.index(name) if name in lowered else -1
                        for name in ("content-type", "content-encoding", "content-length")])


_DESCRIBED = Memo(_described)


def number(text: str) -> int:
    """What a Content-Length says; -1 where it is none: some servers let the client write what it likes."""
    try:
        return int(text)
    except ValueError:
        return -1
