"""Every hole is found and no route that only looks like one is claimed, on two apps, two servers and two seeds.

What takes minutes, and shows nothing that the rest does not show first, runs where METLO_TEST_SECURITY=1 asks for it.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import pytest
import requests

from tests.apps.vulnerable.base import make_token
from tests.security_tests import scene
from tests.security_tests.scene import Scene

MINUTES = pytest.mark.skipif(os.environ.get("METLO_TEST_SECURITY") != "1", reason="takes minutes: METLO_TEST_SECURITY=1")
READING = {
    ("auth", "GET /api/export"), ("auth", "GET /api/passport"), ("bola", "GET /api/invoices/{invoice_id}"),
    ("bola", "GET /api/statement"), ("bola", "GET /api/users/{name}/notes/{note_id}"), ("bola", "GET /tickets/{number}"), ("bola", "GET /api/plan"),
    ("bfla", "GET /api/admin/people"),
    ("exposure", "GET /api/colleagues"), ("headers", "GET /api/profile"), ("headers", "GET /api/card"),
    ("headers", "POST /login"), ("hidden", "GET /api/internal/dump"), ("sqli", "GET /api/products"),
    ("sqli", "GET /api/category/{number}"), ("sqli", "GET /api/sorted"), ("sqli", "GET /api/ranked"), ("sqli", "GET /api/offers"), ("nosqli", "GET /api/people"),
    ("cmdi", "GET /api/resolve"), ("path", "GET /api/terms"), ("ssti", "GET /greet"), ("crlf", "GET /api/language"),
    ("redirect", "GET /leave"), ("ssrf", "GET /api/preview"), ("xss", "GET /find"), ("errors", "GET /api/convert"),
    ("errors", "GET /api/age"), ("graphql", "GET /graphql"),
}  # fmt: skip
BY_TIME = {("sqli", "GET /api/visit")}  # may be missed on a machine that is busy with others
WRITING = {("mass", "PUT /api/settings"), ("xxe", "POST /api/import"), ("methods", "GET /api/echo")}
CLINIC = {
    ("auth", "GET /v2/prescriptions"), ("bola", "GET /v2/visits/{visit}/summary"), ("bfla", "GET /v2/ward-plan"),
    ("exposure", "GET /v2/staff-directory"), ("sqli", "GET /v2/drugs"), ("path", "GET /letters/{name}"),
    ("ssti", "GET /mail-preview"), ("xss", "GET /appointment"), ("redirect", "GET /bye"), ("ssrf", "GET /v2/insurer-logo"),
    ("hidden", "GET /v2/backup-manifest"),
}  # fmt: skip


def assert_as_wanted(found: "set[tuple[str, str]]", wanted: "set[tuple[str, str]]") -> None:
    assert wanted - found == set()
    assert found - wanted - BY_TIME == set()


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["1", pytest.param("22", marks=MINUTES)])
def test_all_holes_are_found_and_no_twin_is_claimed(vulnerable_app: Scene, seed: str) -> None:
    ran = vulnerable_app.test("--rate", "200", "--seed", seed)
    assert ran.status == 1, ran.err
    assert_as_wanted(ran.found(), READING)
    assert ran.report["requests"] < 2_000 and ran.report["tested"] > 50
    assert all(f["file"].startswith("tests/apps/vulnerable/") and f["line"] > 0 for f in ran.report["findings"])


@pytest.mark.slow
def test_with_writes_the_holes_that_need_them_are_found_and_what_was_changed_is_put_back(vulnerable_app: Scene) -> None:
    def settings() -> Any:
        name, _, value = vulnerable_app.identities["alice"].partition(": ")
        return requests.get(vulnerable_app.url + "/api/settings", headers={name: value}, timeout=10).json()

    before = settings()
    ran = vulnerable_app.test("--rate", "200", "--allow-writes", "--only", "mass,xxe,methods")
    assert ran.found() == WRITING
    assert settings() == before


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["3", pytest.param("44", marks=MINUTES)])
def test_the_same_on_an_app_that_nothing_was_made_for(clinic_app: Scene, seed: str) -> None:
    ran = clinic_app.test("--rate", "200", "--seed", seed)
    assert_as_wanted(ran.found(), CLINIC)
    assert ran.report["requests"] < 600


def test_two_identities_are_enough_where_traffic_shows_the_third(clinic_app: Scene) -> None:
    ran = clinic_app.test("--rate", "200", "--only", "bola,bfla,auth", who=("mia", "paul"))
    assert ran.found() == {pair for pair in CLINIC if pair[0] in ("bola", "bfla", "auth")}


def test_callers_of_the_traffic_are_known_by_what_they_got_where_tokens_are_new(vulnerable_app: Scene) -> None:
    people = {name: f"Authorization: Bearer {make_token(name, jti='issued later')}" for name in ("alice", "bob", "root")}
    ran = vulnerable_app._replace(identities=people).test("--rate", "300", "--only", "bola,bfla")
    assert ran.found() == {pair for pair in READING if pair[0] in ("bola", "bfla")}


def test_sessions_of_logins_are_known_by_the_logins_of_the_traffic(vulnerable_app: Scene, tmp_path: Path) -> None:
    config = tmp_path / "tests.toml"
    one = "[identity.{0}.login]\npath = '/login'\njson = {{ user = '{0}', password = 'pw-{0}' }}\n"
    config.write_text(one.format("alice") + one.format("bob"))
    ran = vulnerable_app.test("--rate", "300", "--only", "bola", "--config", str(config), "--endpoint", "GET /tickets/{number}",
                              "--endpoint", "GET /safe/tickets/{number}", who=())  # fmt: skip
    assert ran.found() == {("bola", "GET /tickets/{number}")}


@MINUTES
@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({kind for kind, _ in READING}))
def test_each_kind_finds_its_holes_alone(vulnerable_app: Scene, kind: str) -> None:
    found = vulnerable_app.test("--rate", "300", "--only", kind).found()
    of_errors = {("errors", "GET /api/products"), ("errors", "GET /api/sorted"), ("errors", "GET /api/preview")}
    wanted = {pair for pair in READING if pair[0] == kind}
    assert wanted - found == set()
    assert found - wanted - BY_TIME - of_errors == set()


@contextmanager
def load(url: str) -> Iterator[None]:
    """Three clients that ask for `url` without a pause."""
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.01):
            requests.get(url, timeout=30)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


@MINUTES
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "app, server, seed, path, wanted",
    [
        ("vulnerable", "waitress", "5", "/safe/products?q=tea", READING),
        ("vulnerable", "gunicorn-gthread", "66", "/safe/products?q=tea", READING),
        ("clinic", "gunicorn-gthread", "7", "/v2/drugs?label=Aspirin", CLINIC),
        ("clinic", "waitress", "88", "/v2/drugs?label=Aspirin", CLINIC),
    ],
)
def test_load_from_elsewhere_changes_nothing(tmp_path: Path, app: str, server: str, seed: str, path: str, wanted: Any) -> None:
    for it in getattr(scene, app)(tmp_path, server):
        with load(it.url + path):
            ran = it.test("--rate", "100", "--seed", seed, seconds=300)
        assert_as_wanted(ran.found(), wanted)
