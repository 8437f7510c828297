"""What tests write is put back, for everybody who wrote, and what cannot be is said."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from metlo_auto.collector.security_tests.originals import MOST_PATHS, Originals
from metlo_auto.collector.security_tests.rate import Exhausted
from metlo_auto.collector.security_tests.results import Skip
from metlo_auto.collector.security_tests.values import Answer, Exchange, Request
from tests.security_tests.scene import Scene


class Settings:
    """An app with the settings of each caller at every path; in place of the sessions that ask it."""

    def __init__(self) -> None:
        self.of: dict[str, dict[str, Any]] = {"alice": {"phone": "1", "id": 7}, "bob": {"phone": "2", "id": 8}}
        self.is_wrapped = False
        self.fixed = ""  # a field that never changes again
        self.most = 99

    def send(self, request: Request, name: str, is_wanted: bool = False) -> Exchange:
        self.most -= 1
        if self.most < 0:
            raise Exhausted
        if request.method != "GET":
            sent = json.loads(request.body)
            self.of[name].update({field: value for field, value in sent.items() if field != self.fixed})
        shown = {"data": self.of[name]} if self.is_wrapped else self.of[name]
        return Exchange(1, name, request, Answer(200, (), json.dumps(shown)))


def write(originals: Originals, app: Settings, name: str, value: str, method: str = "PATCH") -> None:
    request = Request(method, "/settings", (), (), json.dumps({"phone": value}))
    originals.keep("/settings", request, name, can_be_read=True)
    app.send(request, name)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_everybody_gets_back_what_was_there_before_the_first_write(method: str, is_wrapped: bool) -> None:
    app = Settings()
    app.is_wrapped = is_wrapped
    originals = Originals(app)  # type: ignore[arg-type]
    for name, value in (("alice", "3"), ("alice", "AAAA"), ("bob", "'")):
        write(originals, app, name, value, method)
    assert originals.put_back() == []
    assert app.of == {"alice": {"phone": "1", "id": 7}, "bob": {"phone": "2", "id": 8}}


def test_what_cannot_be_put_back_is_said() -> None:
    app = Settings()
    originals = Originals(app)  # type: ignore[arg-type]
    write(originals, app, "alice", "3")
    app.fixed = "phone"
    assert originals.put_back() == [Skip("PATCH", "/settings", "restore", "could not be put back: phone")]
    app.most = 0
    told = "may be changed: the run could send no more requests"
    assert originals.put_back() == [Skip("PATCH", "/settings", "restore", told)]


def test_what_no_get_shows_is_said() -> None:
    app = Settings()
    originals = Originals(app)  # type: ignore[arg-type]
    originals.keep("/a", Request("PUT", "/a", (), (), '{"phone": "3"}'), "alice", can_be_read=False)
    originals.keep("/b", Request("PUT", "/b", (), (), "phone=3"), "alice", can_be_read=True)
    app.of["alice"]["phone"] = "3"
    assert {skip.route: skip.reason.partition(":")[2] for skip in originals.put_back()} == {
        "/a": " the run has no GET of the same path",
        "/b": " no GET shows what was written",
    }


def test_paths_of_payloads_are_not_read_without_end() -> None:
    app = Settings()
    originals = Originals(app)  # type: ignore[arg-type]
    for number in range(50):
        originals.keep("/a/{name}", Request("PUT", f"/a/{number}"), "alice", can_be_read=True)
    assert 99 - app.most == MOST_PATHS


def test_payloads_of_all_kinds_leave_nothing_behind(vulnerable_app: Scene) -> None:
    before = settings(vulnerable_app)
    ran = vulnerable_app.test("--rate", "300", "--allow-writes", "--endpoint", "PUT /safe/settings", "--endpoint", "PUT /api/settings",
                              "--endpoint", "GET /api/settings", "--endpoint", "GET /safe/settings")  # fmt: skip
    assert ran.found() == {("mass", "PUT /api/settings")}
    assert settings(vulnerable_app) == before
    assert [skip for skip in ran.report["skipped"] if skip["kind"] == "restore"] == []


def settings(scene: Scene) -> "list[Any]":
    asked = []
    for header in scene.identities.values():
        name, _, value = header.partition(": ")
        asked.append(requests.get(scene.url + "/api/settings", headers={name: value}, timeout=10).json())
    return asked
