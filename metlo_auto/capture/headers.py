"""Headers as names and values apart: names repeat from request to request, and what follows from them is kept.

All that is kept is bounded, since clients choose names and their order. Knows WSGI's spelling, nothing of meaning.
"""

import os
from operator import itemgetter
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
    return sum(map(_length, key)) if isinstance(key, tuple) else len(str(key))


def header_name(key: str) -> str:
    """The header that an environ key stands for, "" for none."""
    if key.startswith("HTTP_"):
        return key[5:].replace("_", "-").title()
    return {"CONTENT_TYPE": "Content-Type", "CONTENT_LENGTH": "Content-Length"}.get(key, "")


# Where an environ says what Peers has, in its order.
_PEERS = ("HTTP_HOST", "HTTP_X_FORWARDED_FOR", "REMOTE_ADDR", "SERVER_NAME", "SERVER_PORT")
_ValuesOf = Callable[[Dict[str, Any]], Values]


class _Plan(NamedTuple):
    """What to take out of an environ with certain keys."""

    names: Names
    values_of: _ValuesOf
    peer_keys: Tuple[str, ...]
    peers_of: _ValuesOf
    process: Tuple[str, ...]  # those of its headers' keys that the environment of the process has too


def _plan(keys: Tuple[str, ...]) -> _Plan:
    chosen = tuple([key for key in keys if type(key) is str and header_name(key)])
    peer_keys = tuple([key for key in _PEERS if key in keys])
    process = tuple([key for key in chosen if key.startswith("HTTP_") and key in os.environ])
    return _Plan(tuple(map(header_name, chosen)), _getter(chosen), peer_keys, _getter(peer_keys), process)


def _getter(keys: Tuple[str, ...]) -> _ValuesOf:
    return itemgetter(*keys) if len(keys) > 1 else lambda environ: tuple([environ[key] for key in keys])


def _peers(said: Tuple[Tuple[str, ...], Tuple[Any, ...]]) -> Peers:
    known = dict(zip(*said))
    return Peers(*[text(known.get(key)) for key in _PEERS])


_TUPLES = {tuple}
_TEXTS = {str}  # a subclass of it may answer a comparison, or a hash, with code of its own
_PLANS = Memo(_plan)
_KNOWN_PEERS = Memo(_peers)


def of_request(environ: Dict[str, Any]) -> Tuple[Peers, Names, Values]:
    """Who speaks with whom, and the request's headers in the order of the environ."""
    names, values_of, peer_keys, peers_of, process = _PLANS[tuple(environ)]
    if process and not _is_cgi(environ):
        # wsgiref and granian copy the process's environment into that of a request: HTTP_PROXY is no header.
        copied = [key for key in process if text(environ[key]) == os.environ.get(key)]
        if copied:
            return of_request({key: value for key, value in environ.items() if key not in copied})
    values, said = values_of(environ), peers_of(environ)
    if {*map(type, values + said)} != _TEXTS:  # WSGI wants strings; not all that writes into an environ knows
        values, said = tuple(map(text, values)), tuple(map(text, said))
    peers = _KNOWN_PEERS[peer_keys, said]
    # Some servers give these two empty where the client sent none.
    if "" in values:
        pairs = [pair for pair in zip(names, values) if pair[1] or not pair[0].startswith("Content-")]
        return peers, tuple([name for name, _ in pairs]), tuple([value for _, value in pairs])
    return peers, names, values


def _is_cgi(environ: Dict[str, Any]) -> bool:
    """Whether a process was started for this request, and has its headers in its environment."""
    return "GATEWAY_INTERFACE" in os.environ or text(environ.get("wsgi.run_once")) == "True"


def of_response(headers: Sequence[Tuple[str, str]]) -> Tuple[Names, Values]:
    """The same for what start_response was given."""
    if not headers:
        return (), ()
    if {*map(type, headers)} == _TUPLES:
        try:
            names, values = zip(*headers)
        except ValueError:  # some are no pairs
            names, values = (), ()
        if {*map(type, names + values)} == _TEXTS:
            return names, values
    found = pairs(headers)
    return tuple([name for name, _ in found]), tuple([value for _, value in found])


class _Positions(NamedTuple):
    content_type: int
    encoding: int
    length: int


def _positions(names: Names) -> _Positions:
    lowered = [name.lower() for name in names]
    return _Positions(*[lowered.index(name) if name in lowered else -1
                        for name in ("content-type", "content-encoding", "content-length")])


_POSITIONS = Memo(_positions)


def described(names: Names, values: Values) -> Tuple[str, str, str]:
    """Content-Type, Content-Encoding and Content-Length, "" where there is none."""
    content_type, encoding, length = _POSITIONS[names]
    values += ("",)  # where those point that are not there
    return values[content_type], values[encoding], values[length]


def number(text: str) -> int:
    """What a Content-Length says; -1 where it is none: some servers let the client write what it likes."""
    try:
        return int(text)
    except ValueError:
        return -1
