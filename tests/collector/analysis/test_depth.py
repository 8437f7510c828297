"""Calls that look alike are analysed in part, and what is said of them stays true."""

from __future__ import annotations

import json
import random
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metlo_auto.collector.analysis.aggregates import Aggregates
from metlo_auto.collector.analysis.analysis_state import AnalysisState
from metlo_auto.collector.analysis.depth import LEAST_OFTEN, NEVER_ALIKE, WHOLLY, glance_of, look_of
from metlo_auto.collector.analysis.observation import observe
from metlo_auto.collector.analysis.sections import read_bodies, sections
from metlo_auto.collector.ingest.contract import complaint
from metlo_auto.collector.store.inbox import Filed
from tests.collector.analysed import admitted
from tests.collector.analysis.trace_strategies import traces
from tests.collector.collector_support import Collector, trace


def _call(i: int, method: str = "GET", **body: Any) -> dict[str, Any]:
    text = json.dumps({"id": i, "name": f"Ada {i}", "note": "fine", **body})
    return trace(f"/things/{i}", method, route="/things/{id}", response_body=text)


def _analysed(*batches: list[dict[str, Any]]) -> tuple[list[Aggregates], AnalysisState]:
    state, now = AnalysisState(), time.time()
    return [admitted([Filed(1, now, 1, len(each), json.dumps(each).encode())], state) for each in batches], state


def _facts(result: Aggregates, kind: str) -> dict[tuple[str, str], int]:
    return {(key.path, value): n for (key, found, value), n in result.facts.items() if found == kind}


def _only_counted(result: Aggregates) -> int:
    return sum(_facts(result, "only counted").values())


LONG = [_call(i) for i in range(3_000)]


def test_the_first_hundred_calls_are_all_analysed() -> None:
    (result,), _ = _analysed(LONG[: WHOLLY + 1])
    assert _facts(result, "type")["/note", "string"] == WHOLLY + 1
    assert _only_counted(result) == 0


def test_of_calls_that_look_alike_a_share_is_analysed_and_stands_for_all() -> None:
    (_, result), _ = _analysed(LONG, LONG)
    assert sum(row["calls"] for row in result.endpoints.values()) == len(LONG)
    assert len(LONG) * 0.9 < _only_counted(result) < len(LONG)
    for path in ("/name", "/note"):
        seen = sum(n for (where, _), n in _facts(result, "type").items() if where == path)
        assert abs(seen - len(LONG)) < 2 * LEAST_OFTEN
    assert abs(_facts(result, "status")["", "200"] - len(LONG)) < 2 * LEAST_OFTEN


@pytest.mark.parametrize(
    ("news", "kind", "path"),
    [
        ({"more": 1}, "type", "/more"),
        ({"note": None}, "type", "/note"),
        ({"note": "write to ada@example.com"}, "class", "/note"),
        ({"note": "AKIAIOSFODNN7EXAMPLE"}, "class", "/note"),
        ({"note": "-----BEGIN RSA PRIVATE KEY-----"}, "class", "/note"),
        ({"password": "hunter22"}, "secret", ""),
    ],
)
def test_one_call_that_differs_is_analysed(news: dict[str, Any], kind: str, path: str) -> None:
    (_, result), _ = _analysed(LONG, [*LONG[:50], _call(7, **news), *LONG[:50]])
    assert any(where == path for where, _ in _facts(result, kind))


def test_a_secret_that_a_placeholder_stood_for_is_found_at_once() -> None:
    hidden = [_call(i, password="***") for i in range(300)]
    (_, result), _ = _analysed(hidden, [*hidden, _call(1, password="hunter22")])
    assert _facts(result, "secret") == {("", "/password"): 1}


def test_each_error_is_analysed() -> None:
    failed = [trace("/things/1", status=500, route="/things/{id}", response_body='{"error": "x"}') for _ in range(500)]
    (result,), _ = _analysed(failed)
    assert _facts(result, "type")["/error", "string"] == 500


def test_something_new_brings_full_depth_back() -> None:
    (_, news, result), _ = _analysed(LONG, [_call(1, more=1)], LONG[: WHOLLY // 2])
    assert _facts(news, "type")["/more", "integer"] == 1
    assert _only_counted(result) < 2 * LEAST_OFTEN  # what had waited before the news
    looked_at = len(LONG[: WHOLLY // 2])
    assert sum(n for (where, _), n in _facts(result, "type").items() if where == "/name") >= looked_at


def test_an_analyser_that_begins_anew_analyses_everything() -> None:
    (result,), _ = _analysed([*LONG[:50]])
    (again,), _ = _analysed([*LONG[:50]])
    assert result.facts == again.facts


def test_the_page_says_how_many_calls_were_analysed(collector: Collector) -> None:
    for start in range(0, len(LONG), 500):
        assert collector.batch(LONG[start : start + 500]).status_code == 200
    collector.settled(len(LONG))
    (endpoint,) = collector.get("/api/local/endpoints")
    assert endpoint["calls"] == len(LONG)
    collector.session.get(collector.page, timeout=30)
    page = collector.session.get(f"{collector.url}/endpoints/{endpoint['id']}", timeout=30)
    found = re.search(r"Seen in ([\d,]+) analysed of 3,000 calls", page.text)
    assert found is not None
    assert WHOLLY < int(found.group(1).replace(",", "")) < len(LONG) / 2


@settings(max_examples=150, deadline=None)
@given(st.lists(traces(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_calls_of_one_glance_look_alike(drawn: list[dict[str, Any]], chosen: random.Random) -> None:
    """Each trace beside one of its names and types with other values: what is told at a glance is what a look tells."""
    looks: dict[int, set[int]] = {}
    for made in [*drawn, *(_other_values(each, chosen) for each in drawn)]:
        if complaint(made) is None and made["response"]["status"] < 400:
            seen = observe(made, 1e9)
            bodies = read_bodies(seen)
            template = seen.template or "/"
            look = look_of(seen, sections(seen, template, bodies))
            glance = hash((glance_of(seen, bodies), template))
            if NEVER_ALIKE not in look:
                assert looks.setdefault(glance, look) == look


def _other_values(made: dict[str, Any], chosen: random.Random) -> dict[str, Any]:
    body = json.loads(made["response"]["body"])
    return {**made, "response": {**made["response"], "body": json.dumps(_changed(body, chosen))}}


def _changed(value: Any, chosen: random.Random) -> Any:
    if isinstance(value, dict):
        return {name: _changed(inner, chosen) for name, inner in value.items()}
    if isinstance(value, list):
        return [_changed(inner, chosen) for inner in value for _ in range(chosen.randrange(3))]
    return chosen.choice([value, "other", 5, None, "ada@example.com"])
