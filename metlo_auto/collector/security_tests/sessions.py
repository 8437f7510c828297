"""The credentials of each identity as they are now: given, or from a login that is done once and again once."""

from __future__ import annotations

import threading
from typing import Sequence

from metlo_auto.collector.security_tests.http_client import Client
from metlo_auto.collector.security_tests.identities import Identity
from metlo_auto.collector.security_tests.logins import LoginFailed, headers_after
from metlo_auto.collector.security_tests.values import ANONYMOUS, Exchange, Pairs, Request

_LOGINS = 2  # of one identity in one run


class Sessions:
    """Sends requests as identities. Threads may share it."""

    def __init__(self, client: Client, identities: Sequence[Identity]) -> None:
        self._client = client
        self._identities: dict[str, Identity] = {item.name: item for item in identities}
        self._headers: dict[str, Pairs] = {item.name: item.headers for item in identities}
        self._expired: list[Identity] = []  # with the headers that they had before
        self._logins: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        return list(self._identities)

    def sign_in(self) -> None:
        """Log in whoever has a login. Raises LoginFailed."""
        for identity in self._identities.values():
            if identity.login:
                self._log_in(identity)

    def current(self) -> list[Identity]:
        """All identities with the headers that they have now."""
        return [item._replace(headers=self._headers[item.name]) for item in self._identities.values()]

    def ever(self) -> list[Identity]:
        """Those, and the same with all headers that they had before: what no report may hold."""
        return self.current() + self._expired

    def headers(self, name: str) -> Pairs:
        return self._headers.get(name, ())

    def send(self, request: Request, name: str, is_wanted: bool = False) -> Exchange:
        """Ask as `name`. `is_wanted`: the app should accept it; where it says 401 the session is renewed once."""
        used = self.headers(name)
        exchange = self._client.send(request, name, used)
        if is_wanted and name != ANONYMOUS and exchange.answer.status == 401 and self._renew(name, used):
            return self._client.send(request, name, self.headers(name))
        return exchange

    def send_with(self, request: Request, credentials: Pairs, name: str = ANONYMOUS) -> Exchange:
        """Ask with headers that are nobody's."""
        return self._client.send(request, name, credentials)

    def _renew(self, name: str, used: Pairs) -> bool:
        """Whether there are other headers than those that were refused, be it since another thread renewed them."""
        identity = self._identities[name]
        with self._lock:
            if self._headers[name] != used:
                return True
            if identity.login is None or self._logins.get(name, 0) >= _LOGINS:
                return False
            self._log_in(identity)
        return True

    def _log_in(self, identity: Identity) -> None:
        login = identity.login
        assert login is not None
        self._logins[identity.name] = self._logins.get(identity.name, 0) + 1
        answer = self._client.send(Request(login.method, login.path, (), login.headers, login.body)).answer
        if not 200 <= answer.status < 400:
            raise LoginFailed(f"{identity.name} cannot sign in: {login.method} {login.path} gave {answer.status}")
        self._expired.append(identity._replace(headers=self._headers[identity.name]))
        self._headers[identity.name] = headers_after(identity, answer)
