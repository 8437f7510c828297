"""The credentials of each identity as they are now: given, or from a login that is done once and again once."""

from __future__ import annotations

import json
import re
import threading
from typing import Mapping, Sequence

from metlo_auto.collector.security_tests.http_client import Client
from metlo_auto.collector.security_tests.identities import Identity, merged
from metlo_auto.collector.security_tests.inputs import leaves_with_pointers
from metlo_auto.collector.security_tests.values import ANONYMOUS, Answer, Exchange, Pairs, Request

_LOGINS = 2  # of one identity in one run


class LoginFailed(Exception):
    """An identity cannot sign in; the message says which, and what came back."""


class Sessions:
    """Sends requests as identities. Threads may share it."""

    def __init__(self, client: Client, identities: Sequence[Identity]) -> None:
        self._client = client
        self._identities: dict[str, Identity] = {item.name: item for item in identities}
        self._headers: dict[str, Pairs] = {item.name: item.headers for item in identities}
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

    def headers(self, name: str) -> Pairs:
        return self._headers.get(name, ())

    def send(self, request: Request, name: str, is_wanted: bool = False) -> Exchange:
        """Ask as `name`. `is_wanted`: the app should accept it; where it says 401 the session is renewed once."""
        exchange = self._client.send(request, name, self.headers(name))
        if is_wanted and name != ANONYMOUS and exchange.answer.status == 401 and self._renew(name):
            return self._client.send(request, name, self.headers(name))
        return exchange

    def send_with(self, request: Request, credentials: Pairs, name: str = ANONYMOUS) -> Exchange:
        """Ask with headers that are nobody's."""
        return self._client.send(request, name, credentials)

    def _renew(self, name: str) -> bool:
        identity = self._identities[name]
        with self._lock:
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
        found = {name: _extracted(answer, where, identity.name) for name, where in login.extract}
        headers = identity.headers
        for name, template in login.put:
            headers = merged(headers, (name, _put(template, found)))
        for cookie in answer.all_headers("set-cookie"):
            headers = merged(headers, ("Cookie", cookie.partition(";")[0]))
        if headers == identity.headers:
            raise LoginFailed(f"{identity.name}'s login gave neither a cookie nor what extract and put name")
        self._headers[identity.name] = headers


def _put(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found.group(1), found.group()), template)


def _extracted(answer: Answer, where: str, name: str) -> str:
    """`json:data.token`, `header:X-Token`, `cookie:sid` or `regexp:token=(\\w+)`. Raises LoginFailed."""
    kind, _, rest = where.partition(":")
    value = ""
    if kind == "json":
        value = _in_json(answer.body, rest)
    elif kind == "header":
        value = answer.header(rest)
    elif kind == "cookie":
        pairs = (text.partition(";")[0].partition("=") for text in answer.all_headers("set-cookie"))
        value = next((text for given, _, text in pairs if given == rest), "")
    elif kind == "regexp":
        found = re.search(rest, answer.body)
        value = (found.group(found.lastindex or 0) if found else "") or ""
    if not value:
        raise LoginFailed(f"{name}'s login answered {answer.status} without {where}")
    return value


def _in_json(text: str, dotted: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    wanted = "/" + dotted.replace(".", "/")
    return next((str(leaf) for pointer, leaf in leaves_with_pointers(value) if pointer == wanted), "")
