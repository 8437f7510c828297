"""The agents' side of HTTP: `/api/v1` and `/api/v2` as the wire contract has them; knows nothing of pages or
analysis.

A bare WSGI callable and not a Flask view: at 2,000 uploads a second routing and request objects would cost more
than
checking and storing the trace.
"""

from __future__ import annotations

import hmac
import time
from typing import Any, Callable, Iterable, Optional

from metlo_auto.collector.ingest import contract, transport
from metlo_auto.collector.ingest.intake import Full, Intake, StoreAway, TooLarge
from metlo_auto.collector.ingest.transport import Refused
from metlo_auto.collector.store.inbox import Batch, batch_key
from metlo_auto.version import VERSION

CAPABILITY = f"metlo-auto/{VERSION}; routes"
_MOST_RAW = 4 * transport.LIMIT  # of a body whose length nobody declared
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_PAGES = (400, 404, 413, 415)  # Express answers these with a page of HTML
_POSTS = {
    "/api/v1/log-request/single": (1, True),
    "/api/v1/log-request/batch": (1, False),
    "/api/v2/log-request/single": (2, True),
    "/api/v2/log-request/batch": (2, False),
}


class Ingest:
    """WSGI application for everything under /api/v1 and /api/v2."""

    def __init__(self, intake: Intake, api_key: str, clock: Callable[[], float] = time.time) -> None:
        self._intake = intake
        self._api_key = api_key.encode("utf-8")
        self._clock = clock
        self.verified_at: Optional[float] = None  # when an agent last proved its key

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        headers: list[tuple[str, str]] = []
        try:
            status, text = self._answer(environ, headers)
        except Refused as refused:
            self._intake.count(f"refused_posts_{refused.status}")
            status, text = refused.status, refused.text
            return _respond(start_response, status, text, headers, page=status in _PAGES)
        return _respond(start_response, status, text, headers)

    def _answer(self, environ: Environ, headers: list[tuple[str, str]]) -> tuple[int, str]:
        path = environ["PATH_INFO"].rstrip("/")
        if path in ("/api/v1", "/api/v2"):
            return 200, "OK"
        body = b""
        value: Any = None
        if environ["REQUEST_METHOD"] == "POST":
            # the contract parses before it looks at the key; nothing is inflated for who has none
            if _is_compressed(environ) and not self._authorized(environ):
                raise Refused(401, "Client unauthorized")
            body, value = _read(environ)
        if not self._authorized(environ):
            raise Refused(401, "Client unauthorized")
        if path in ("/api/v1/verify", "/api/v2/verify"):
            self.verified_at = self._clock()
            headers.append(("X-Metlo-Collector", CAPABILITY))
            return 200, "OK"
        if path not in _POSTS or environ["REQUEST_METHOD"] != "POST":
            raise Refused(404, "Cannot {} {}".format(environ["REQUEST_METHOD"], path))
        version, single = _POSTS[path]
        return self._take(environ, version, single, body, value, headers)

    def _take(
        self,
        environ: Environ,
        version: int,
        single: bool,
        body: bytes,
        value: Any,
        headers: list[tuple[str, str]],
    ) -> tuple[int, str]:
        if value is None:  # not declared as JSON
            self._intake.count("refused_posts_content_type")
            return (500, "Internal Server Error") if version == 1 else (200, "OK")
        verdict = contract.judge(version, value, single)
        if verdict.status != 200:
            self._intake.count(f"refused_posts_{verdict.status}")
            self._intake.count("refused_traces", max(1, _length(value) - verdict.taken))
        key = batch_key(environ.get("HTTP_X_METLO_BATCH_ID", ""), body)
        if verdict.taken:
            try:
                self._intake.store(Batch(key, self._clock(), version, verdict.taken, body))
            except Full:
                headers.append(("Retry-After", "5"))
                raise Refused(429, "The inbox is full, try again later") from None
            except TooLarge as error:
                raise Refused(413, str(error)) from None
            except StoreAway:
                headers.append(("Retry-After", "5"))
                raise Refused(503, "The store cannot be written, try again later") from None
        return verdict.status, verdict.text

    def _authorized(self, environ: Environ) -> bool:
        given = environ.get("HTTP_AUTHORIZATION", "").encode("latin-1", "replace")
        return hmac.compare_digest(given, self._api_key)


def _is_compressed(environ: Environ) -> bool:
    return environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity")


def _read(environ: Environ) -> tuple[bytes, Any]:
    """The inflated body and its JSON value, None where the content type is not JSON. Raises Refused."""
    json_declared = transport.is_json(environ.get("CONTENT_TYPE", ""))
    encoding = environ.get("HTTP_CONTENT_ENCODING", "")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked" and not length:
        length = _MOST_RAW  # the server ends the stream at the last chunk
    if json_declared and length > transport.LIMIT and encoding.lower() in ("", "identity"):
        raise Refused(413, "request entity too large")
    raw = environ["wsgi.input"].read(length) if length else b""
    if not json_declared:
        return raw, None
    body = transport.inflate(raw, encoding)
    return body, transport.parse(body)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 1


def _respond(
    start_response: StartResponse, status: int, text: str, headers: list[tuple[str, str]], page: bool = False
) -> list[bytes]:
    content = f"<!DOCTYPE html><pre>{_escape(text)}</pre>\n" if page else text
    payload = content.encode("utf-8", "replace")
    kind = "text/html; charset=utf-8" if page else "text/plain; charset=utf-8"
    fixed = [("Content-Type", kind), ("Content-Length", str(len(payload)))]
    fixed.append(("X-Content-Type-Options", "nosniff"))
    start_response(f"{status} {_REASONS[status]}", fixed + headers)
    return [payload]


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
