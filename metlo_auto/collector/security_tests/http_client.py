"""Sends one request to the app and reads what comes back, within bounds; knows nothing of kinds or claims.

Redirects are not followed, cookies are not kept, no proxy is used: what is sent is what was given.
"""

from __future__ import annotations

import http.client
import threading
import time
from typing import Optional

import urllib3
from urllib3.exceptions import HTTPError

from metlo_auto.collector.security_tests.rate import Limiter
from metlo_auto.collector.security_tests.values import Answer, Exchange, Origin, Pairs, Request

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
        self._timeout = timeout
        self._lock = threading.Lock()
        self._failed = 0  # in a row
        kind = urllib3.HTTPSConnectionPool if origin.scheme == "https" else urllib3.HTTPConnectionPool
        self._pool = kind(origin.host, origin.port, maxsize=16, retries=False)

    @property
    def sent(self) -> int:
        return self._limiter.sent

    def send(self, request: Request, identity: str = "", credentials: Pairs = ()) -> Exchange:
        """Send `request` with the headers `credentials`; raises TargetDown and rate.Exhausted."""
        if self._failed >= DOWN_AFTER:
            raise TargetDown
        number = self._limiter.wait()
        headers = urllib3.HTTPHeaderDict({"Accept": "*/*", "User-Agent": "metlo-collector-test"})
        for name, value in (*request.headers, *credentials, (MARK, f"{self._run}/{number}")):
            headers[name] = value
        began = time.monotonic()
        answer = self._ask(request, headers)._replace(seconds=time.monotonic() - began)
        with self._lock:
            self._failed = self._failed + 1 if answer.status in _DOWN else 0
        return Exchange(number, identity, request, answer)

    def close(self) -> None:
        self._pool.close()

    def _ask(self, request: Request, headers: "urllib3.HTTPHeaderDict") -> Answer:
        body = request.body.encode("utf-8", "surrogatepass") if request.body else None
        target = self.origin.prefix + request.target
        try:
            return self._read(self._pool.urlopen(
                request.method, target, body=body, headers=headers, redirect=False, retries=False,
                timeout=self._timeout, preload_content=False, assert_same_host=False,
            ))  # fmt: skip
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            return Answer(0, body=f"{type(error).__name__}: {error}"[:300])

    def _read(self, response: "urllib3.BaseHTTPResponse") -> Answer:
        deadline = time.monotonic() + self._timeout
        body = b""
        broken = False
        try:
            for chunk in response.stream(65_536, decode_content=True):
                body += chunk
                if len(body) > MOST_BODY or time.monotonic() > deadline:
                    broken = True
                    break
        except (HTTPError, OSError):  # a response that breaks off is what it is
            broken = True
        response.close() if broken else response.release_conn()
        return Answer(response.status, tuple(response.headers.items()), body.decode(_charset(response), "replace"))


def _charset(response: "urllib3.BaseHTTPResponse") -> str:
    kind = response.headers.get("Content-Type", "").lower()
    return "latin-1" if "iso-8859-1" in kind or "latin-1" in kind else "utf-8"


def is_reached(client: Client, path: Optional[str] = None) -> bool:
    """True where anything answers."""
    return client.send(Request("GET", path or "/")).answer.status != 0
