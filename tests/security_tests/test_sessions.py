"""Sessions that expire during a run are renewed once, for all threads, and no report holds the one before."""

from __future__ import annotations

from typing import Any

from metlo_auto.collector.security_tests.evidence import Shower
from metlo_auto.collector.security_tests.identities import Identity, Login
from metlo_auto.collector.security_tests.sessions import Sessions
from metlo_auto.collector.security_tests.values import Answer, Exchange, Origin, Pairs, Request

ALICE = Identity(
    "alice", (), Login("POST", "/login", (), "{}", (("token", "json:token"),), (("Authorization", "Bearer {token}"),))
)


class OneSession:
    """An app that knows the token of the last login alone; in place of the client that asks it."""

    def __init__(self) -> None:
        self.logins = 0
        self.meanwhile: Any = None  # done between a request's headers are read and its response

    @property
    def token(self) -> str:
        return f"token-number-{self.logins}"

    def send(self, request: Request, identity: str = "", credentials: Pairs = ()) -> Exchange:
        if request.path == "/login":
            self.logins += 1
            return Exchange(self.logins, identity, request, Answer(200, (), f'{{"token": "{self.token}"}}'))
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        is_valid = ("Authorization", f"Bearer {self.token}") in credentials
        return Exchange(9, identity, request, Answer(200 if is_valid else 401, (), "{}"))


def signed_in(app: Any) -> Sessions:
    sessions = Sessions(app, [ALICE])
    sessions.sign_in()
    return sessions


def expire(app: OneSession) -> None:
    app.logins += 10


def test_a_session_that_another_thread_renewed_is_used_and_not_renewed_again() -> None:
    app = OneSession()
    sessions = signed_in(app)

    def another_thread() -> None:
        expire(app)
        assert sessions.send(Request("GET", "/b"), "alice", is_wanted=True).answer.status == 200

    app.meanwhile = another_thread
    assert sessions.send(Request("GET", "/a"), "alice", is_wanted=True).answer.status == 200
    assert app.logins == 12  # two logins, and ten by which it expired


def test_no_report_holds_a_session_that_has_expired() -> None:
    app = OneSession()
    sessions = signed_in(app)
    before = app.token
    expire(app)
    sessions.send(Request("GET", "/a"), "alice", is_wanted=True)
    exchange = Exchange(1, "alice", Request("GET", "/a"), Answer(200, (), f'{{"said": "{before} {app.token}"}}'))
    shown = Shower(sessions, Origin("http", "127.0.0.1", 1, "")).shown(exchange)
    assert shown["identity"] == "alice"
    assert before != app.token and before not in str(shown) and app.token not in str(shown)


def test_a_caller_whom_nobody_stands_for_has_no_name_in_reports() -> None:
    exchange = Exchange(0, "?4f1ab206", Request("POST", "/login"), Answer(200))
    shown = Shower(signed_in(OneSession()), Origin("http", "127.0.0.1", 1, "")).shown(exchange)
    assert shown["identity"] == "a caller of the traffic" and "4f1ab206" not in str(shown)
