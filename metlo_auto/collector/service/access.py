"""Who may see the pages: Host allow-list, one-time token, session cookie, API key, Origin and CSRF; HTTP
only.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
import time
from typing import Any, Optional, Sequence
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request
from sqlalchemy import delete, insert
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from metlo_auto.collector.service import signed_tokens
from metlo_auto.collector.store.database import writing
from metlo_auto.collector.store.schema import spent_tokens

COOKIE = "metlo-collector"  # and what tells two collectors apart: a browser gives a cookie to each port of a host
_OPEN = ("page.static", "health.is_alive", "health.is_ready", "health.can_take_uploads")
_LOCAL = frozenset(("127.0.0.1", "localhost", "[::1]"))
CSP = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def page_token(secret: bytes) -> str:
    """A token that opens the page once."""
    return signed_tokens.make(secret, "token", time.time())


class Names:
    """The Host headers that pages answer to: a rebound DNS name is none of them.

    Off loopback an address as such is fine too, since nobody can rebind one.
    """

    def __init__(self, further: Sequence[str] = (), remote: bool = False) -> None:
        self._known = _LOCAL | {name.lower() for name in further}
        self._remote = remote
        if remote:
            self._known |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    def include(self, host: str) -> bool:
        """`host` as in the header, with or without port."""
        name = _without_port(host)
        return name in self._known or self._remote and _is_address(name.strip("[]"))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class Access:
    """Guards every route of a Flask app."""

    def __init__(self, app: Flask, engine: Engine, api_key: str, secret: bytes, names: Names) -> None:
        self._engine = engine
        self._api_key = api_key.encode()
        self._secret = secret
        self._names = names
        self._cookie = "%s-%s" % (COOKIE, signed_tokens.derive(secret, "cookie", "")[:8])
        app.before_request(self._admit)
        app.after_request(_harden)
        app.context_processor(lambda: {"csrf": self.csrf()})

    def csrf(self) -> str:
        return signed_tokens.derive(self._secret, "csrf", g.get("session", ""))

    def _admit(self) -> Optional[Any]:
        if self._has_key():  # which no page that a browser was lured to can know
            return None
        if not self._names.include(request.host):
            abort(421, "This collector does not answer under the name in the Host header.")
        if request.endpoint in _OPEN:
            return None
        token = request.args.get("token")
        if token is not None and request.method == "GET":
            return self._trade(token)
        session = request.cookies.get(self._cookie)
        if not signed_tokens.check(self._secret, "session", session, time.time(), signed_tokens.SESSION_LIFE):
            abort(401)
        g.session = session
        if request.method not in ("GET", "HEAD"):
            self._check_origin()
        return None

    def _has_key(self) -> bool:
        given = request.headers.get("Authorization", "").encode("latin-1", "replace")
        if given[:7].lower() == b"bearer ":  # as Prometheus and curl --oauth2-bearer send it
            given = given[7:].strip()
        return hmac.compare_digest(given, self._api_key)

    def _trade(self, token: str) -> Response:
        """The one-time token becomes a cookie; an address that was opened before still opens for its own
        session.
        """
        now = time.time()
        answer: Response = redirect(request.path)  # type: ignore[assignment]
        known = request.cookies.get(self._cookie)
        if signed_tokens.check(self._secret, "session", known, now, signed_tokens.SESSION_LIFE):
            return answer
        signed = signed_tokens.check(self._secret, "token", token, now, signed_tokens.TOKEN_LIFE)
        if not signed or not self._spend(token, now):
            abort(401)
        answer.set_cookie(
            self._cookie,
            signed_tokens.make(self._secret, "session", now),
            max_age=int(signed_tokens.SESSION_LIFE),
            httponly=True,
            samesite="Strict",
            path="/",
            secure=request.is_secure,
        )
        return answer

    def _spend(self, token: str, now: float) -> bool:
        try:
            with writing(self._engine) as connection:
                connection.execute(delete(spent_tokens).where(spent_tokens.c.spent_at < now - signed_tokens.TOKEN_LIFE))
                connection.execute(insert(spent_tokens), {"token": token, "spent_at": now})
        except IntegrityError:
            return False
        return True

    def _check_origin(self) -> None:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
            abort(403, "The form was sent from another site.")
        given = request.form.get("csrf", "") or request.headers.get("X-CSRF-Token", "")
        if not hmac.compare_digest(given.encode(), self.csrf().encode()):
            abort(403, "The form is too old, load the page again.")


def _without_port(host: str) -> str:
    name = host.lower()
    return name[: name.index("]") + 1] if name.startswith("[") and "]" in name else name.partition(":")[0]


def _harden(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"  # without a referrer a form's Origin would be null
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
