"""Whose request a stored one was: credentials are stored as HMACs under the API key, which the collector has.

Knows the agent's masks and headers of stored requests; keeps no credential and sends nothing.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Iterator, NamedTuple, Sequence

from metlo_auto.collector.security_tests.identities import Identity, header_names
from metlo_auto.collector.security_tests.values import ANONYMOUS, Pairs
from metlo_auto.redact import Redactor

MASK = re.compile(r"redacted(?:-[a-p]{12})?(?![\w-])")
_MARK = re.compile(r"redacted-[a-p]{12}")
UNKNOWN = "?"  # begins the name of a caller whom no identity stands for
_SESSION = re.compile(r"sess|sid\b|token|auth|jwt|login|remember|user|account|identity|connect\.", re.IGNORECASE)
_NO_CALLER = re.compile(r"csrf|xsrf|referer|referrer|origin|location|signature|idempotency", re.IGNORECASE)
_COUNTING = re.compile(r"^(_ga|_gid|_gat|_fbp|__utm|_hj|_pk_|ajs_|amp_|intercom)", re.IGNORECASE)
Mark = tuple[str, str]


class Callers(NamedTuple):
    """Every identity's marks: what its credentials look like in the store."""

    marks: dict[str, frozenset[Mark]]
    names: frozenset[str]  # of headers by which the app tells callers apart, lower case

    def caller(self, headers: Pairs) -> str:
        """An identity's name, ANONYMOUS, or a name that begins with UNKNOWN for somebody else."""
        seen = _marks_seen(headers, self.names)
        for name, marks in self.marks.items():
            if seen & marks:
                return name
        if not seen:
            return ANONYMOUS
        return UNKNOWN + hashlib.sha256(repr(sorted(seen)).encode()).hexdigest()[:8]


def callers(key: str, identities: Sequence[Identity]) -> Callers:
    """`key`: the API key that the agent masks under."""
    redactor = Redactor(key)
    names = header_names(identities)
    found = {}
    for identity in identities:
        masked = tuple((name, redactor.header(name, value)) for name, value in identity.headers)
        found[identity.name] = marks_of_identity(masked, names)
    return Callers(without_shared(found), names)


def marks_of_identity(masked: Pairs, names: "frozenset[str]") -> "frozenset[Mark]":
    """What tells an identity that sends these headers, whose secrets are masked."""
    marks = frozenset(_marks_of(masked, names))
    return frozenset(mark for mark in marks if _is_telling(mark[1])) or marks


def without_shared(found: "dict[str, frozenset[Mark]]") -> "dict[str, frozenset[Mark]]":
    """What several identities send alike, such as a tenant or the app's own key, tells nobody apart."""
    shared = {mark for marks in found.values() for mark in marks if sum(mark in other for other in found.values()) > 1}
    return {name: marks - shared for name, marks in found.items()}


def _is_telling(value: str) -> bool:
    return _MARK.search(value) is not None or value.lower().startswith("basic ")


@lru_cache(maxsize=1024)  # a caller sends the same ones with nearly every request
def _marks_seen(headers: Pairs, names: "frozenset[str]") -> "frozenset[Mark]":
    return frozenset(_marks_of(headers, names))


def _marks_of(headers: Pairs, names: "frozenset[str]") -> Iterator[Mark]:
    for name, value in headers:
        lowered = name.lower()
        if lowered == "cookie":
            yield from _cookie_marks(value)
        elif (
            not _NO_CALLER.search(lowered)
            and value not in ("", "redacted")
            and (lowered in names or _MARK.search(value))
        ):
            yield lowered, value.strip()


def _cookie_marks(value: str) -> Iterator[Mark]:
    for name, text in _cookies(value):
        if _SESSION.search(name) and not _NO_CALLER.search(name):
            yield f"cookie {name}", text.strip('"')


def _cookies(value: str) -> Iterator[Mark]:
    for pair in value.split(";"):
        name, equals, text = pair.strip().partition("=")
        if equals and text:
            yield name, text


def other_cookies(headers: Pairs) -> Pairs:
    """Cookies by which an app tells no caller: neither sessions nor what guards them, nor what counts visitors."""
    found = (pair for name, value in headers if name.lower() == "cookie" for pair in _cookies(value))
    return tuple(pair for pair in found if not any(it.search(pair[0]) for it in (_SESSION, _NO_CALLER, _COUNTING)))
