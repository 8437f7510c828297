"""Which path segments are values, as a table; and what follows for paths."""

from __future__ import annotations

import pytest

from metlo_auto.collector.analysis.folding import fold, is_value
from metlo_auto.collector.analysis.sibling_folding import MANY_SIBLINGS, SiblingFolds

VALUES = [
    "1", "42", "007", "-5", "3.14", "1,000", "20250101", "9223372036854775807",
    "0f8fad5b-d9cb-469f-a165-70867728950e", "0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5bd9cb469fa16570867728950e",
    "507f1f77bcf86cd799439011", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "deadbeef1", "0xdeadbeef12",
    "2026-01-31", "2026-01", "31.12.2025", "2026-01-31T10:00:00Z",
    "ann@shop.example", "ann%40shop.example",
    "cus_9s6XKzkNRiz8i3", "usr_8f3k2a9d", "order-20394812", "user-12345", "INV00042",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV", "V1StGXR8_Z5jdHi6B-myT", "dQw4w9WgXcQ8a7Zb3Kk1",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "192.168.0.1", "2001:db8::1", "qWeRtYuIoPaSdFgHjKlZ",
]  # fmt: skip
WORDS = [
    "users", "api", "v1", "v2", "v10", "2fa", "oauth2", "s3", "mp3", "sha256", "ipv6", "utf8", "en-US", "de_DE",
    "facade", "decade", "deadbeef", "beef", "cafe", "me", "self", "robots.txt", "app.js", "favicon.ico", "index2.html",
    "user-profile", "forgot_password", "WebSocket", "covid-19", "web3", "b2b", "top10", "iso8601", "h264",
    "internationalization", "getUserPreferences", "terms-and-conditions-of-use", "log-request", "Straße", "健康",
]  # fmt: skip


@pytest.mark.parametrize("segment", VALUES)
def test_a_value_folds_at_once(segment: str) -> None:
    assert is_value(segment)


@pytest.mark.parametrize("segment", WORDS)
def test_a_word_stays(segment: str) -> None:
    assert not is_value(segment)


@pytest.mark.parametrize(
    "path, template",
    [
        ("/", "/"),
        ("/users/12", "/users/{param1}"),
        ("/users/12/", "/users/{param1}"),
        ("/users//12", "/users/{param1}"),
        ("/users/12/orders/2026-01-31", "/users/{param1}/orders/{param2}"),
        ("/api/v1/health", "/api/v1/health"),
        ("/{id}/x", "/{param1}/x"),
        ("/rest/api/3/issue/12", "/rest/api/3/issue/{param1}"),
        ("/api/1.0/users", "/api/1.0/users"),
        ("/api/3", "/api/{param1}"),
        ("/api/12/users", "/api/{param1}/users"),
        ("/users/3/orders", "/users/{param1}/orders"),
    ],
)
def test_a_path_becomes_its_template(path: str, template: str) -> None:
    assert fold(path) == template


def test_many_siblings_fold_and_later_siblings_follow() -> None:
    siblings = SiblingFolds()
    shape = frozenset(("/login",))
    folds = [fold for i in range(MANY_SIBLINGS) for fold in siblings.note("GET", "h", f"/p/name{chr(97 + i)}", shape)]
    assert [(f.template, f.target) for f in folds] == [(f"/p/name{chr(97 + i)}", "/p/{param1}") for i in range(MANY_SIBLINGS)]
    assert siblings.resolve("GET", "h", "/p/zoe") == "/p/{param1}"
    assert siblings.resolve("POST", "h", "/p/zoe") == "/p/zoe"
    assert siblings.resolve("GET", "other", "/p/zoe") == "/p/zoe"


def test_a_sibling_of_another_shape_keeps_its_own_place() -> None:
    siblings = SiblingFolds()
    siblings.note("GET", "h", "/p/statistics", frozenset(("/total",)))
    for i in range(MANY_SIBLINGS):
        siblings.note("GET", "h", f"/p/name{chr(97 + i)}", frozenset(("/login",)))
    assert siblings.resolve("GET", "h", "/p/statistics") == "/p/statistics"


def test_first_segments_never_fold() -> None:
    siblings = SiblingFolds()
    assert not [f for i in range(50) for f in siblings.note("GET", "h", f"/page{chr(97 + i)}", frozenset())]


def _without_some(kind: str, number: int) -> frozenset[str]:
    """A response whose optional parts are missing now and then, so that two of them may have little in common."""
    parts = [frozenset(f"/{kind}{part}/{member}" for member in range(8)) for part in range(4)]
    return frozenset((f"/{kind}",)).union(*(part for place, part in enumerate(parts) if (number + place) % 4))


def test_words_are_values_by_all_that_follows_them_though_parts_of_responses_are_missing() -> None:
    siblings = SiblingFolds()
    for i in range(60):
        suffix = ("", "/status", "/scale")[i % 3]
        siblings.note("GET", "h", f"/p/jobs/name{chr(97 + i % 26)}{suffix}", _without_some(suffix, i))
    assert siblings.resolve("GET", "h", "/p/jobs/zoe") == "/p/jobs/{param1}"
    assert siblings.resolve("GET", "h", "/p/jobs/zoe/status") == "/p/jobs/{param1}/status"
    assert siblings.resolve("GET", "h", "/p/other/zoe") == "/p/other/zoe"


def test_kinds_of_resources_stay_apart_however_many_there_are() -> None:
    siblings = SiblingFolds()
    shapes = [_without_some(f"kind{kind}", number) for kind in range(40) for number in range(3)]
    folds = [fold for i, shape in enumerate(shapes) for fold in siblings.note("GET", "h", f"/p/jobs/kind{'x' * (i // 3)}", shape)]
    assert not folds and siblings.resolve("GET", "h", "/p/jobs/kindxx") == "/p/jobs/kindxx"


def test_a_method_that_no_value_showed_yet_makes_no_word_a_resource() -> None:
    siblings = SiblingFolds()
    siblings.note("DELETE", "h", "/p/zoe", frozenset(("/status",)))
    for i in range(MANY_SIBLINGS):
        siblings.note("GET", "h", f"/p/name{chr(97 + i)}", frozenset(("/login",)))
    siblings.note("DELETE", "h", "/p/namea", frozenset(("/status",)))
    assert siblings.resolve("DELETE", "h", "/p/nameb") == "/p/{param1}"
    assert siblings.resolve("GET", "h", "/p/zoe") == "/p/{param1}"


def _names(count: int) -> list[str]:
    return [f"name{chr(97 + i)}" for i in range(count)]


def test_a_word_that_once_responds_with_less_than_values_do_is_one_of_them() -> None:
    siblings = SiblingFolds()
    siblings.note("GET", "h", "/p/zoe", frozenset(("/login", "/team/id")))
    for name in _names(MANY_SIBLINGS):
        siblings.note("GET", "h", f"/p/{name}", frozenset(("/login", "/team/id", *(f"/profile/{n}" for n in range(8)))))
    assert siblings.resolve("GET", "h", "/p/zoe") == "/p/{param1}"


def test_a_word_that_always_responds_with_less_keeps_its_own_place() -> None:
    siblings = SiblingFolds()
    for name in _names(MANY_SIBLINGS + 3):
        for _ in range(2):
            siblings.note("GET", "h", "/p/owned", frozenset(("/login", "/team/id")))
        siblings.note("GET", "h", f"/p/{name}", frozenset(("/login", "/team/id", *(f"/profile/{n}" for n in range(8)))))
    assert siblings.resolve("GET", "h", "/p/owned") == "/p/owned"


def test_responses_that_say_nothing_make_no_word_alike_to_values() -> None:
    siblings = SiblingFolds()
    for word, shape in [("statistics", "/total"), *((name, "/login") for name in _names(MANY_SIBLINGS))]:
        siblings.note("GET", "h", f"/p/{word}", frozenset((shape,)))
        siblings.note("GET", "h", f"/p/{word}", frozenset())  # as analysis does for each call
    assert siblings.resolve("GET", "h", "/p/statistics") == "/p/statistics"
    assert siblings.resolve("GET", "h", "/p/zoe") == "/p/{param1}"


def _with_values() -> SiblingFolds:
    """Names below /p are values, with orders below them."""
    siblings = SiblingFolds()
    for name in _names(MANY_SIBLINGS):
        siblings.note("GET", "h", f"/p/{name}", frozenset(("/login",)))
        siblings.note("GET", "h", f"/p/{name}/orders", frozenset(("/orders",)))
    return siblings


def test_a_word_above_something_that_no_value_has_below_it_is_none() -> None:
    siblings = _with_values()
    assert siblings.resolve("GET", "h", "/p/zoe/orders") == "/p/{param1}/orders"
    for path in ("/p/search/{param1}", "/p/search/anna", "/p/fork/{param1}"):
        assert siblings.resolve("GET", "h", path) == path
        siblings.note("GET", "h", path, frozenset(("/login",)))
        assert siblings.resolve("GET", "h", path) == path


def test_what_a_known_value_has_below_it_others_have_too() -> None:
    siblings = _with_values()
    siblings.note("GET", "h", "/p/zoe/bills", frozenset(("/bills",)))
    assert siblings.resolve("GET", "h", "/p/zoe/bills") == "/p/zoe/bills"
    path = siblings.resolve("GET", "h", "/p/namea/bills")
    assert path == "/p/{param1}/bills"
    folds = siblings.note("GET", "h", path, frozenset(("/bills",)))
    assert [(fold.template, fold.target) for fold in folds] == [("/p/zoe/bills", path)]
    assert siblings.resolve("GET", "h", "/p/yan/bills") == path


def test_what_many_words_have_below_them_values_have() -> None:
    siblings = _with_values()
    made = [fold for i in range(6) for fold in siblings.note("GET", "h", f"/p/other{chr(97 + i)}/bills", frozenset(("/bills",)))]
    assert {fold.template for fold in made} == {f"/p/other{chr(97 + i)}/bills" for i in range(6)}
    assert siblings.resolve("GET", "h", "/p/zoe/bills") == "/p/{param1}/bills"


def test_what_values_have_below_them_is_known_from_the_store() -> None:
    siblings = SiblingFolds()
    for template in ("/p/{param1}", "/p/{param1}/orders"):
        siblings.remember("GET", "h", template, is_target=True)
    assert siblings.resolve("GET", "h", "/p/zoe/orders") == "/p/{param1}/orders"
    assert siblings.resolve("GET", "h", "/p/search/{param1}") == "/p/search/{param1}"


def test_one_word_that_is_asked_for_often_is_no_evidence_for_itself() -> None:
    siblings = SiblingFolds()
    for _ in range(20):
        siblings.note("GET", "h", "/p/public-key", frozenset(("/key", "/key_id")))
    for i in range(60):
        siblings.note("GET", "h", f"/p/name{chr(97 + i % 26)}", _without_some("", i))
    assert siblings.resolve("GET", "h", "/p/zoe") == "/p/{param1}"
    assert siblings.resolve("GET", "h", "/p/public-key") == "/p/public-key"
