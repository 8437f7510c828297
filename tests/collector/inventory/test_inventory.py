"""What the collector finds in real traffic, read back over its JSON API."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from metlo_auto.collector.analysis.analysis_state import AnalysisState
from metlo_auto.collector.analysis.merge import apply
from metlo_auto.collector.inventory.findings import find_all
from metlo_auto.collector.store.database import open_store, writing
from metlo_auto.collector.store.inbox import Filed
from metlo_auto.collector.store.retention import Caps
from tests.collector.analysed import admitted
from tests.collector.collector_support import Collector, trace


def _endpoint(collector: Collector, route: str, method: str = "GET") -> dict[str, Any]:
    [found] = [e for e in collector.get("/api/local/endpoints") if (e["route"], e["method"]) == (route, method)]
    return found


def _fields(collector: Collector, route: str, method: str = "GET") -> dict[tuple[str, str], dict[str, Any]]:
    listed = collector.get("/api/local/endpoints/{}/fields".format(_endpoint(collector, route, method)["id"]))
    return {(field["section"], field["path"]): field for field in listed}


def _send(collector: Collector, *traces: dict[str, Any]) -> None:
    before = collector.status()["accepted_traces"]
    assert collector.batch(list(traces)).text == "OK"
    collector.settled(before + len(traces))


def test_the_agents_route_names_the_endpoint(collector: Collector) -> None:
    _send(collector, *(trace(f"/users/{name}", route="/users/{name}") for name in ("ann", "bob", "7")))
    assert _endpoint(collector, "/users/{name}")["calls"] == 3


def test_404_and_405_make_no_endpoint_and_count_with_one_that_exists(collector: Collector) -> None:
    route = "/users/{id}"
    _send(collector, trace("/nothing", status=404), trace("/users/9", status=404, route=route), trace("/x", status=405))
    assert collector.get("/api/local/endpoints") == []
    _send(collector, trace("/users/1", route=route))
    [found] = collector.get("/api/local/endpoints")
    assert (found["route"], found["calls"], found["client_errors"]) == (route, 2, 1)


def test_words_fold_once_many_siblings_answer_alike(collector: Collector) -> None:
    body = json.dumps({"login": "x", "bio": None})
    names = ["ann", "bob", "cyd", "dan", "eve", "fay", "gus", "hal", "ian", "joe", "kim", "lee", "max", "ned"]
    _send(collector, *(trace("/api/people/" + name, response_body=body) for name in names))
    assert _endpoint(collector, "/api/people/{param1}")["calls"] == len(names)
    _send(collector, trace("/api/people/zoe", response_body=body))
    [found] = collector.get("/api/local/endpoints")
    assert (found["route"], found["calls"]) == ("/api/people/{param1}", len(names) + 1)


def test_what_one_of_many_folded_together_answers_is_weighed_against_all_of_them(collector: Collector) -> None:
    names = ["ann", "bob", "cyd", "dan", "eve", "fay", "gus", "hal", "ian", "joe", "kim", "lee", "max", "ned"]
    bodies = {name: json.dumps({"login": "x", "contact": "none"}) for name in names}
    bodies["ann"] = json.dumps({"login": "x", "contact": "+44 20 7946 0958"})  # one in fourteen is no field of phones
    _send(collector, *(trace("/api/people/" + name, response_body=body) for name, body in bodies.items()))
    found = _endpoint(collector, "/api/people/{param1}")
    assert (found["calls"], found["sensitive"]) == (len(names), [])
    _send(collector, *(trace("/api/people/" + name, response_body=bodies["ann"]) for name in names))
    assert _endpoint(collector, "/api/people/{param1}")["sensitive"] == ["phone"]


def test_resources_that_answer_differently_do_not_fold(collector: Collector) -> None:
    names = [f"a{chr(97 + i)}" for i in range(20)]
    _send(collector, *(trace("/api/" + name, response_body=json.dumps({name: 1})) for name in names))
    assert len(collector.get("/api/local/endpoints")) == 20


def test_fields_have_presence_types_formats_and_small_sets(collector: Collector) -> None:
    def order(i: int) -> str:
        item = {"sku": f"S-{i}", "price": i if i % 4 == 1 else i / 2} if i % 2 else {"sku": f"S-{i}", "price": None}
        return json.dumps({"state": ("new", "paid")[i % 2], "at": "2026-01-02T03:04:05Z", "items": [item, item]})

    _send(collector, *(trace("/o", method="POST", status=201, request_body=order(i), route="/o") for i in range(20)))
    fields = _fields(collector, "/o", "POST")
    section = "body application/json"
    assert fields[section, "/state"]["enum"] == ["new", "paid"]
    assert fields[section, "/at"]["format"] == "date-time"
    price = fields[section, "/items/[]/price"]
    assert price["types"] == {"null": 20, "number": 10, "integer": 10}
    assert (price["present"], price["of"]) == (40, 40)
    assert fields[section, "/items/[]/sku"]["enum"] == []


def test_a_field_that_is_sometimes_missing_says_how_often(collector: Collector) -> None:
    bodies = [json.dumps({"id": i, **({"note": "x"} if i < 3 else {})}) for i in range(10)]
    _send(collector, *(trace("/n", route="/n", response_body=body) for body in bodies))
    note = _fields(collector, "/n")["response 2xx application/json", "/note"]
    assert (note["present"], note["of"]) == (3, 10)


def test_sections_are_told_apart_by_status_and_type(collector: Collector) -> None:
    form = [{"name": "Content-Type", "value": "application/x-www-form-urlencoded"}]
    _send(
        collector,
        trace("/s", route="/s", parameters=[{"name": "q", "value": "x"}, {"name": "q", "value": "y"}]),
        trace("/s", route="/s", status=422, response_body='{"error": "no"}'),
        trace("/s", route="/s", request_headers=form, request_body="a=1&b=2"),
    )
    found = set(_fields(collector, "/s"))
    assert ("query", "/q/[]") in found
    assert ("response 4xx application/json", "/error") in found
    assert ("body application/x-www-form-urlencoded", "/a") in found


def test_a_refused_request_says_nothing_about_what_is_wanted(collector: Collector) -> None:
    _send(collector, trace("/s", route="/s", status=422, request_body='{"wrong": 1}', response_body='{"error": "no"}'))
    assert not [section for section, _ in _fields(collector, "/s") if section.startswith("body")]


def test_sensitive_data_comes_with_its_evidence_and_a_masked_example(collector: Collector) -> None:
    bodies = [json.dumps({"mail": f"user{i}@shop.example", "n": i}) for i in range(12)]
    _send(collector, *(trace("/u", route="/u", response_body=body) for body in bodies))
    [claim] = _fields(collector, "/u")["response 2xx application/json", "/mail"]["sensitive"]
    assert (claim["class"], claim["hits"], claim["observations"]) == ("email", 12, 12)
    assert "user" not in claim["example"] and "shop" not in claim["example"]
    assert _endpoint(collector, "/u")["sensitive"] == ["email"]


def test_one_hit_among_many_misses_is_no_claim_for_weak_classes(collector: Collector) -> None:
    numbers = ["4111111111111111"] + [f"41111111111111{i:02}" for i in range(20, 40)]
    _send(collector, *(trace("/c", route="/c", response_body=json.dumps({"ref": n})) for n in numbers))
    assert _endpoint(collector, "/c")["sensitive"] == []


def test_findings_name_the_view(collector: Collector) -> None:
    routes = {
        "app": "shop",
        "routes": [
            {
                "methods": ["GET", "HEAD"],
                "rule": "/users/<int:id>",
                "endpoint": "user",
                "file": "shop/users.py",
                "line": 12,
            },
            {"methods": ["POST"], "rule": "/login", "endpoint": "login", "file": "shop/login.py", "line": 3},
        ],
    }
    assert collector.post("/api/local/routes", routes).status_code == 200
    open_user = trace("/users/1", route="/users/{id}", response_body='{"email": "a@shop.example", "password": "x"}')
    _send(collector, open_user, trace("/stray", route="/stray", status=500))
    found = {(f["kind"], f["route"]): f for f in collector.get("/api/local/findings")}
    assert ("undeclared", "/stray") in found and ("server-errors", "/stray") in found
    for kind in ("anonymous-data", "secret-in-response"):
        finding = found[kind, "/users/{id}"]
        assert (finding["file"], finding["line"], finding["severity"]) == ("shop/users.py", 12, "high")
    compared = collector.get("/api/local/routes")
    assert [route["template"] for route in compared["never_called"]] == ["/login"]
    assert [route["route"] for route in compared["not_declared"]] == ["/stray"]


def test_an_endpoint_with_credentials_is_not_called_anonymous(collector: Collector) -> None:
    key = [{"name": "Authorization", "value": "Bearer redacted-abcdefghijkl"}]
    _send(collector, trace("/me", route="/me", request_headers=key, response_body='{"email": "a@shop.example"}'))
    assert [f for f in collector.get("/api/local/findings") if f["kind"] == "anonymous-data"] == []


def test_credentials_in_a_url_and_plain_http_are_found(collector: Collector) -> None:
    token = [{"name": "access_token", "value": "redacted-abcdefghijkl"}]
    proxied = [{"name": "X-Forwarded-Proto", "value": "http"}]
    _send(collector, trace("/t", route="/t", parameters=token), trace("/h", route="/h", request_headers=proxied))
    kinds = {(f["kind"], f["route"]) for f in collector.get("/api/local/findings")}
    assert {("credential-in-url", "/t"), ("plain-http", "/h")} <= kinds


def test_one_hostile_trace_does_not_cost_the_others(collector: Collector) -> None:
    deep = "[" * 5000 + "]" * 5000
    hostile = [
        trace("/ok1", route="/ok1"),
        trace("/deep", route="/deep", response_body=deep),
        trace("/meta", route="/meta", meta={"requestTimestamp": ["no"], "durationMs": "x"}),
        trace("/query", route="/query", parameters=[None, {"name": 1}, {"value": "x"}]),
        trace("/keys", route="/keys", response_body=json.dumps({f"k{i}": 1 for i in range(5000)})),
        trace("/ok2", route="/ok2"),
    ]
    _send(collector, *hostile)
    status = collector.status()
    assert status["applied_traces"] + status["set_aside_traces"] == len(hostile)
    assert status["lost_traces"] == 0
    assert {"/ok1", "/ok2", "/keys"} <= {e["route"] for e in collector.get("/api/local/endpoints")}


def test_what_comes_after_days_of_watching_is_news(tmp_path: Path) -> None:
    engine = open_store("sqlite:///{}".format(tmp_path / "c.db"))

    def at(days: float, *traces: dict[str, Any]) -> None:
        moment = (datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=days)).isoformat()
        dated = [{**t, "meta": {**t["meta"], "requestTimestamp": moment}} for t in traces]
        now = datetime.fromisoformat(moment).timestamp()
        result = admitted([Filed(1, now, 1, len(dated), json.dumps(dated).encode())], AnalysisState())
        with writing(engine) as connection:
            apply(connection, result, Caps(), now)

    def news(days: float) -> set[tuple[str, str, str]]:
        now = (datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=days)).timestamp()
        with engine.connect() as connection:
            return {(f.kind.name, f.endpoint.template, f.key.rpartition("/")[2]) for f in find_all(connection, now)}

    at(0, trace("/a", route="/a", response_body='{"id": 1}'))
    assert news(0.1) == set()
    at(3, trace("/b", route="/b"), trace("/a", route="/a", response_body='{"id": 1, "ssn": null}'))
    assert news(3.1) == {("new-endpoint", "/b", ""), ("new-field", "/a", "ssn")}
    assert news(30) == set()
    engine.dispose()
