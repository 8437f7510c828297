"""Calls that look alike are analysed in part, and what is said of them stays true."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from metlo_auto.collector.analysis import analyser
from metlo_auto.collector.analysis.aggregates import Aggregates
from metlo_auto.collector.analysis.analysis_state import AnalysisState
from metlo_auto.collector.analysis.depth import (
    AT_LEAST,
    FEWEST,
    IN_ALL_BEHIND,
    LEAST_OFTEN,
    NEVER_ALIKE,
    WHOLLY,
    Depth,
    glance_of,
    look_of,
)
from metlo_auto.collector.analysis.observation import observe
from metlo_auto.collector.analysis.sections import read_bodies, sections
from metlo_auto.collector.ingest.contract import complaint
from metlo_auto.collector.store import inbox
from metlo_auto.collector.store.database import open_store, reading
from metlo_auto.collector.store.inbox import Filed
from metlo_auto.collector.store.schema import facts
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


def test_an_analyser_that_is_behind_looks_at_a_share_sooner_and_counts_all() -> None:
    state = AnalysisState()
    state.memory.depth.is_behind = True
    result = admitted([Filed(1, time.time(), 1, WHOLLY, json.dumps(LONG[:WHOLLY]).encode())], state)
    assert sum(row["calls"] for row in result.endpoints.values()) == WHOLLY
    assert WHOLLY / 4 < _only_counted(result) < WHOLLY - AT_LEAST


def test_one_that_is_behind_reads_fewest_of_long_calls_and_counts_all() -> None:
    state = AnalysisState()
    state.memory.depth.is_behind = True
    calls = [_call(i, **{f"field{n}": f"{n}.{i}" * 3 for n in range(200)}) for i in range(WHOLLY)]
    result = admitted([Filed(1, time.time(), 1, WHOLLY, json.dumps(calls).encode())], state)
    assert sum(row["calls"] for row in result.endpoints.values()) == WHOLLY
    assert WHOLLY - AT_LEAST - LEAST_OFTEN / 2 < _only_counted(result) < WHOLLY - FEWEST
    assert abs(_facts(result, "type")["/field7", "string"] - WHOLLY) < 2 * LEAST_OFTEN


def test_one_that_is_behind_reads_fewer_calls_of_each_of_many_endpoints() -> None:
    depth = Depth()
    depth.is_behind = True

    def analysed(endpoint: int) -> int:
        return sum(depth.weight(str(endpoint), {1}, 1) > 0 for _ in range(1 + AT_LEAST))

    each = [analysed(endpoint) for endpoint in range(IN_ALL_BEHIND // FEWEST)]
    assert each[0] == 1 + AT_LEAST  # while these were few
    assert 1 + FEWEST <= each[-1] < 1 + AT_LEAST


@pytest.mark.parametrize("is_behind", [False, True])
def test_a_new_value_of_a_small_set_brings_full_depth_back_unless_behind(is_behind: bool) -> None:
    state = AnalysisState()

    def found(status: str) -> bool:
        """Whether anything of these calls was new."""
        before, calls = state.known.news, [_call(i, status=status) for i in range(2 * LEAST_OFTEN)]
        result = admitted([Filed(1, time.time(), 1, len(calls), json.dumps(calls).encode())], state)
        assert _facts(result, "value")["/status", status] > 0
        return state.known.news > before

    assert found("paid") and not found("paid")
    state.known.values_are_news = not is_behind
    assert found("sent") is not is_behind


@pytest.mark.parametrize("processes", [1, 2])
def test_two_full_steps_one_after_the_other_are_a_backlog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    """One is a burst, and so is one after a pause; what comes after a backlog is analysed wholly again."""
    size = len(json.dumps(LONG[:20]))
    monkeypatch.setattr(analyser, "MOST_BYTES", int(4.5 * size))
    engine = open_store(f"sqlite:///{tmp_path}/collector.db")
    worker = analyser.Worker(engine, processes=processes)
    only_counted: list[int] = []

    def step(batches: int) -> None:
        bodies = [json.dumps(_different(LONG[:20], len(only_counted))).encode() for _ in range(batches)]
        inbox.file(engine, [inbox.Batch(None, time.time(), 1, 20, body) for body in bodies])
        assert worker.step()
        with reading(engine) as connection:
            query = select(func.sum(facts.c.n)).where(facts.c.kind == "only counted")
            only_counted.append((connection.scalar(query) or 0) - sum(only_counted))

    try:
        for batches in (4, 4, 1, 4):
            step(batches)
        assert not worker.step()
        step(4)
    finally:
        worker.stop()
    assert only_counted[1] > 0
    assert only_counted == [0, only_counted[1], 0, 0, 0]


def _different(calls: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """The same calls of another endpoint."""
    text = json.dumps(calls).replace("/things/", f"/things{number}/")
    return json.loads(text)  # type: ignore[no-any-return]


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
