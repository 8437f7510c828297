"""Traffic that was made to break the collector: each trace is counted somewhere and the next ones come through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metlo_auto.collector.analysis import latency
from metlo_auto.collector.analysis.analysis_state import MOST_HOSTS, AnalysisState
from metlo_auto.collector.store.inbox import Filed
from tests.collector.analysed import admitted
from tests.collector.collector_support import Collector, trace

NASTY = [
    "\ud800",
    "\0",
    "\ufffe",
    "a" * 20_000,
    "é" * 5_000,
    "💥" * 3_000,
    "'; DROP TABLE endpoints; --",
    "%s%n",
    "{0}",
    "10.0.0.٣",  # digits, but none that an address has
]


def _everywhere(text: str) -> dict[str, Any]:
    """A trace with `text` in every place that takes text."""
    pairs = [{"name": text, "value": text}]
    body = json.dumps({text: text, "list": [text], "password": text, "session": {text: {text: 1}}})
    cookie = [{"name": "Cookie", "value": f"session{text}=1"}, {"name": "X-Api-Key", "value": text}]
    kind = [{"name": "Content-Type", "value": "application/json"}]
    return trace(
        "/users/" + "".join(c for c in text if c not in "\\?<>&=/"), "POST", host=text, route="/users/{" + text + "}",
        parameters=pairs, request_headers=kind + pairs + cookie, response_headers=kind + pairs, request_body=body,
        response_body=body, trace_id=text, meta={"environment": text, "route": text, "requestTimestamp": text},
    )  # fmt: skip


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_hostile_text_costs_nobody_else(tmp_path: Path, store: str, request: pytest.FixtureRequest) -> None:
    arguments = [] if store == "sqlite" else ["--store", request.getfixturevalue("postgres")]
    collector = Collector(tmp_path, *arguments)
    try:
        for text in NASTY:
            assert collector.batch([trace("/ok", route="/ok"), _everywhere(text)]).status_code == 200
        status = collector.settled(2 * len(NASTY))
        assert status["applied_traces"] + status["set_aside_traces"] == 2 * len(NASTY)
        assert status["lost_traces"] == 0
        [fine] = [e for e in collector.get("/api/local/endpoints") if e["route"] == "/ok"]
        assert fine["calls"] == len(NASTY)
        for endpoint in collector.get("/api/local/endpoints"):
            collector.get("/api/local/endpoints/{}/fields".format(endpoint["id"]))
        collector.get("/api/local/findings")
    finally:
        collector.stop()


def test_invented_hosts_and_cookies_stay_bounded() -> None:
    memory = AnalysisState()
    memory.endpoints = {f"known{i}" for i in range(19_990)}
    names = [[{"name": "Cookie", "value": f"session{i}=1"}] for i in range(100)]
    traces = [trace("/x", route="/x", host=f"h{i}") for i in range(50)]
    traces += [trace("/x", route="/x", host="h1", request_headers=headers) for headers in names]
    result = admitted([Filed(1, 0.0, 1, len(traces), json.dumps(traces).encode())], memory)
    assert len(result.endpoints) == MOST_HOSTS + 1
    assert result.counts["other_host_traces"] == 50 - MOST_HOSTS
    assert len([key for key in result.facts if key[1] == "scheme"]) == 60
    assert len(result.samples) == len(traces)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("duration", ["1e308", "1e400", "9" * 400, "-1", "true", '"1"', "null"])
def test_a_duration_that_none_can_have_is_as_good_as_none(duration: str) -> None:
    text = json.dumps([trace("/x", route="/x", duration=12345)]).replace("12345", duration)
    result = admitted([Filed(1, 0.0, 1, 1, text.encode())], AnalysisState())
    assert (result.counts, len(result.samples), result.set_aside) == ({"applied_traces": 1}, 1, [])
    assert [bucket for _, _, bucket in result.traffic] == [latency.UNKNOWN]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_JSON, _JSON, _JSON)
def test_any_json_in_any_place_is_counted_once(value: Any, other: Any, third: Any) -> None:
    traces = [
        trace("/a", response_body=json.dumps(value)),
        trace("/b", parameters=value, meta={"durationMs": other, "requestTimestamp": third}),
        {"request": value, "response": other},
        {**trace("/c"), "meta": value},
        {**trace("/d"), "request": {**trace("/d")["request"], "body": value, "headers": other}},
        value,
    ]
    result = admitted([Filed(1, 0.0, 1, len(traces), json.dumps(traces).encode())], AnalysisState())
    counted = sum(result.counts.get(name, 0) for name in ("applied_traces", "set_aside_traces"))
    assert counted == len(traces)
    assert len(result.samples) + len(result.set_aside) == len(traces)
