"""Sends one request to the app and reads what comes back, within bounds; knows nothing of kinds or claims.

Redirects are not followed, cookies are not kept, no proxy is used: what is sent is what was given.
"""

from __future__ import annotations

import threading
import time
from functools import lru_cache
from typing import Optional

from metlo_auto.collector.security_tests.rate import Limiter
from metlo_auto.collector.security_tests.values import Answer, Exchange, Origin, Pairs, Request, first_header
from metlo_auto.collector.security_tests.wire import Wire

TIMEOUT = 10.0  # seconds for a response
MOST_BODY = 1_000_000  # bytes of a response that are read
DOWN_AFTER = 10  # failures in a row
_DOWN = frozenset((0, 502, 503, 504))
MARK = "X-Metlo-Test"


class TargetDown(Exception):
    """So many answers in a row said that the app is down that the run stops."""


class Client:
    """All requests of one run. Threads may share it."""

    def __init__(self, origin: Origin, run: str, limiter: Limiter, timeout: float = TIMEOUT) -> None:
        self.origin = origin
        self._run = run
        self._limiter = limiter
        self._lock = threading.Lock()
        self._failed = 0  # in a row
        self._wire = Wire(origin, timeout, MOST_BODY)

    @property
    def sent(self) -> int:
        return self._limiter.sent

    def send(self, request: Request, identity: str = "", credentials: Pairs = ()) -> Exchange:
        """Send `request` with the headers `credentials`; raises TargetDown and rate.Exhausted."""
        if self._failed >= DOWN_AFTER:
            raise TargetDown
        number = self._limiter.wait()
        mark = ((MARK, f"{self._run}/{number}"),)
        answer = self._ask(request, _joined(request.headers, credentials), mark)
        if self._failed or answer.status in _DOWN:
            with self._lock:
                self._failed = self._failed + 1 if answer.status in _DOWN else 0
        return Exchange(number, identity, request, answer)

    def close(self) -> None:
        self._wire.close()

    def _ask(self, request: Request, headers: Pairs, mark: Pairs) -> Answer:
        body = request.body.encode("utf-8", "surrogatepass") if request.body else None
        began = time.monotonic()
        try:
            reply = self._wire.ask(request.method, self.origin.prefix + request.target, headers, body, mark)
        except (OSError, ValueError) as error:
            told = f"{type(error).__name__}: {error}"[:300]
            return Answer(0, (), told, time.monotonic() - began)
        text = reply.body.decode(_charset(reply.headers), "replace")
        return Answer(reply.status, reply.headers, text, time.monotonic() - began)


_DEFAULTS = (("Accept", "*/*"), ("User-Agent", "metlo-collector-test"), ("Accept-Encoding", "identity"))


@lru_cache(maxsize=256)
def _joined(headers: Pairs, credentials: Pairs) -> Pairs:
    """One header of each name: a request's own cookies stand before those of its credentials, and instead of them."""
    found = {name.lower(): (name, value) for name, value in _DEFAULTS}
    for name, value in (*headers, *credentials):
        before = found.get("cookie")
        if name.lower() == "cookie" and before is not None:
            value = _cookies(before[1], value)
        found[name.lower()] = (name, value)
    found.pop(MARK.lower(), None)
    return tuple(found.values())


def _cookies(first: str, others: str) -> str:
    names = {pair.partition("=")[0].strip() for pair in first.split(";")}
    kept = [pair.strip() for pair in others.split(";") if pair.partition("=")[0].strip() not in names]
    return "; ".join([first, *kept])


@lru_cache(maxsize=256)  # responses within a second have the same headers
def _charset(headers: Pairs) -> str:
    kind = first_header(headers, "content-type").lower()
    return "latin-1" if "iso-8859-1" in kind or "latin-1" in kind else "utf-8"


def is_reached(client: Client, path: Optional[str] = None) -> bool:
    """True where anything answers."""
    return client.send(Request("GET", path or "/")).answer.status != 0
