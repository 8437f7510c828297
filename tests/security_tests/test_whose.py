"""Whose a stored request was where its credential is none of those that identities have now; and who may be whom."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from metlo_auto.collector.security_tests.identities import Identity, Login
from metlo_auto.collector.security_tests.ownership import Callers, callers
from metlo_auto.collector.security_tests.stored_sessions import Call, with_stored_sessions
from metlo_auto.collector.security_tests.values import Answer
from metlo_auto.collector.security_tests.world import World

FIRST, SECOND, THIRD = ("redacted-" + letter * 12 for letter in "abc")
JSON = (("Content-Type", "application/json"),)


def by_cookie(user: str) -> Identity:
    body = json.dumps({"user": user, "password": "pw-" + user, "grant_type": "password"})
    return Identity(user, (), Login("POST", "/login", JSON, body, (), ()))


def by_token(user: str) -> Identity:
    body = f"login={user}&pin=pw-{user}"
    put = (("Authorization", "Bearer {t}"),)
    return Identity(user, (), Login("POST", "/login?lang=en", (), body, (("t", "json:access.jwt"),), put))


def cookie(value: str) -> Any:
    return (("Cookie", f"theme=dark; session={value}"),)


def call(body: str = "", sent: Any = (), status: int = 200, given: str = "", path: str = "/login", answer: str = "{}") -> Call:
    headers = (("Set-Cookie", f"session={given}; Path=/; HttpOnly"),) if given else ()
    return Call("POST" if body else "GET", path, sent, body, Answer(status, headers, answer))


def known(make: Any, *calls: Call) -> Callers:
    people = [make("alice"), make("bob")]
    return with_stored_sessions(callers("key", people), people, calls)


ALICE = '{"user": "alice", "password": "redacted", "grant_type": "password"}'


@pytest.mark.parametrize(
    "expected, calls",
    [
        ("alice", [call(ALICE, given=FIRST)]),
        ("alice", [call('{"user": "alice", "password": "redacted", "csrf": "x"}', status=302, given=FIRST)]),
        ("bob", [call("user=bob&password=redacted", given=FIRST)]),
        ("?", [call('{"user": "carol", "password": "redacted", "grant_type": "password"}', given=FIRST)]),
        ("?", [call('{"user": "redacted", "password": "redacted", "grant_type": "password"}', given=FIRST)]),  # anybody
        ("?", [call(ALICE, status=401, given=FIRST)]),
        ("?", [call(ALICE, path="/register", given=FIRST)]),
        ("?", [call(ALICE)]),
        ("alice", [call(ALICE, given=SECOND), call(path="/home", sent=cookie(SECOND), given=FIRST)]),  # renewed
        ("alice", [call(ALICE, given=THIRD), call(path="/", sent=cookie(THIRD), given=SECOND),
                   call(path="/", sent=cookie(SECOND), given=FIRST)]),
        ("?", [call(path="/home", sent=cookie(SECOND), given=FIRST)]),  # of somebody unknown
        ("bob", [call(ALICE, given=SECOND), call("user=bob&password=redacted", sent=cookie(SECOND), given=FIRST)]),
        ("?", [call(ALICE, given=SECOND), call("who=carol&pass=redacted", "", 200, FIRST, "/enter")._replace(headers=cookie(SECOND))]),
    ],
)  # fmt: skip
def test_a_session_is_known_by_the_login_that_gave_it(expected: str, calls: "list[Call]") -> None:
    assert known(by_cookie, *calls).caller(cookie(FIRST))[: len(expected)] == expected


def test_a_token_is_known_by_the_login_that_gave_it() -> None:
    found = known(by_token, call("login=bob&pin=redacted", answer='{"access": {"jwt": "%s"}}' % FIRST))
    assert found.caller((("Authorization", "Bearer " + FIRST),)) == "bob"
    assert found.caller((("Authorization", "Bearer " + SECOND),))[0] == "?"


def test_a_session_that_several_logins_gave_tells_nobody_apart() -> None:
    found = known(by_cookie, call(ALICE, given=FIRST), call("user=bob&password=redacted", given=FIRST))
    assert found.caller(cookie(FIRST))[0] == "?"


def test_who_is_in_no_stored_request_may_be_an_unknown_caller() -> None:
    world: Any = World(SimpleNamespace(names=["alice", "ruth"]), None, "", lambda number: None, None)  # type: ignore[arg-type]
    world.find_callers(frozenset(["", "alice", "?1f"]))
    assert world.may_be_one_of("ruth", {"?1f"}) and world.may_be_one_of("ruth", {"ruth"})
    assert not world.may_be_one_of("alice", {"?1f"}) and not world.may_be_one_of("ruth", {"alice", ""})
