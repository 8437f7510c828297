"""The app's own routes: taken in every form that an agent may send them, refused where they are none."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.collector.collector_support import Collector, trace

ROUTES = [
    {"methods": ["GET", "HEAD", "BREW"], "rule": "/u/<int:id>", "endpoint": "u", "file": "shop/u.py", "line": 7},
    {"method": "POST", "rule": "/u", "endpoint": "make"},
    {"methods": ["GET"], "rule": "/static/<path:filename>", "endpoint": "static"},
]
ADDRESS = "/api/local/routes"


def test_rules_become_templates_and_unknown_methods_fall_away(collector: Collector) -> None:
    body = json.dumps({"app": "shop", "routes": ROUTES}).encode()
    assert collector.post(ADDRESS, gzip.compress(body), Content_Encoding="gzip").status_code == 200
    declared = {(r["method"], r["template"]) for r in collector.get(ADDRESS)["declared"]}
    assert declared == {("GET", "/u/{id}"), ("HEAD", "/u/{id}"), ("POST", "/u"), ("GET", "/static/{filename}")}


def test_an_app_replaces_its_own_routes_and_nobody_elses(collector: Collector) -> None:
    for app, routes in (("one", ROUTES), ("two", ROUTES[:1]), ("one", ROUTES[1:2])):
        collector.post(ADDRESS, {"app": app, "routes": routes})
    declared = sorted((r["app"], r["method"]) for r in collector.get(ADDRESS)["declared"])
    assert declared == [("one", "POST"), ("two", "GET"), ("two", "HEAD")]


def test_head_and_options_are_not_missed(collector: Collector) -> None:
    collector.post(ADDRESS, {"app": "shop", "routes": ROUTES})
    collector.batch([trace("/u/1", route="/u/{id}"), trace("/u", "OPTIONS", route="/u")])
    collector.settled(2)
    compared = collector.get(ADDRESS)
    assert [(r["method"], r["template"]) for r in compared["never_called"]] == [
        ("GET", "/static/{filename}"),
        ("POST", "/u"),
    ]
    assert compared["not_declared"] == []


def test_without_any_declaration_nothing_is_undeclared(collector: Collector) -> None:
    collector.batch([trace("/u/1")])
    collector.settled(1)
    assert collector.get(ADDRESS)["not_declared"] == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"routes": 1}', b'{"routes": [1]}', b'{"routes": [{"rule": 1}]}']
)
def test_what_is_no_announcement_is_400_and_changes_nothing(shared: Collector, body: bytes) -> None:
    assert shared.post(ADDRESS, body).status_code == 400
    assert shared.get(ADDRESS)["declared"] == []


def test_hostile_names_are_stored_as_text(collector: Collector) -> None:
    nasty = {"methods": ["GET"], "rule": "/\ud800\0<x>", "endpoint": "\0", "file": "\ud800" * 3000, "line": True}
    assert collector.post(ADDRESS, {"app": "\0", "routes": [nasty]}).status_code == 200
    [route] = collector.get(ADDRESS)["declared"]
    assert (route["template"], route["line"], len(route["file"])) == ("/\ufffd\ufffd{x}", 0, 1000)
