"""Requests that were made to stop the collector: each meets a bound, is counted, and others are analysed beside it."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import quote

import pytest

from metlo_auto.collector.analysis import cpu_limit
from metlo_auto.collector.analysis.analysis_state import MOST_HOSTS, AnalysisState
from metlo_auto.collector.analysis.facts import MOST_SECTIONS
from metlo_auto.collector.ingest import transport
from metlo_auto.collector.store.inbox import Filed
from tests.collector import postgres_support
from tests.collector.analysed import admitted
from tests.collector.collector_support import Collector, trace

JSON_TYPE = [{"name": "Content-Type", "value": "application/json"}]


def _deep(levels: int) -> str:
    return '{"a":[' * levels + "1" + "]}" * levels


def _pieces(n: int) -> list[str]:
    """Texts that patterns of numbers, addresses, dates and tokens nearly match, `n` characters long."""
    seeds = ("1:", "a1", "1.", "a@", "a.", "0-", "1,", "f:f", "+1 ", "(1) ", "a-", "-a_1", "::", "aA", "eyJ.", "1 ", "--", "x=")
    return [(seed * n)[:n] + end for seed in seeds for end in ("", "!", "é")]


def _analysed(traces: list[Any]) -> float:
    """Seconds of processor time that the analysis of `traces` takes."""
    body = json.dumps(traces).encode()
    began = cpu_limit.used()
    admitted([Filed(1, time.time(), 1, len(traces), body)], AnalysisState())
    return cpu_limit.used() - began


@pytest.mark.parametrize("place", ["key", "value", "path", "route", "query", "header", "media type", "cookie"])
def test_no_text_takes_more_than_linear_time(place: str) -> None:
    def traces(n: int) -> list[Any]:
        return [_with(place, text) for text in _pieces(n)]

    _analysed(traces(10))
    small, large = _analysed(traces(1_000)), _analysed(traces(16_000))
    assert large < 64 * max(small, 0.05), (small, large)
    assert large < 5


def _with(place: str, text: str) -> dict[str, Any]:
    if place == "path":
        return trace("/" + text.replace("=", "").replace("/", ""), status=401)
    if place == "route":
        return trace("/x", route="/" + text)
    if place == "query":
        return trace("/x", parameters=[{"name": text, "value": text}])
    if place in ("header", "cookie", "media type"):
        name = {"header": "X-Api-Key", "cookie": "Cookie", "media type": "Content-Type"}[place]
        value = f"application/{text}+json" if place == "media type" else text
        return trace("/x", request_headers=[{"name": name, "value": value}, {"name": text, "value": "1"}])
    body = json.dumps({text: text, "phone": 1} if place == "key" else {"phone": text, "note": [text]})
    return trace("/x", "POST", route="/x", request_body=body, response_body=body)


@pytest.fixture(params=["sqlite", "postgres"], scope="module")
def attacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A collector that an anonymous client attacked through an app, beside which somebody made an ordinary request."""


    stores = iter([""]) if request.param == "sqlite" else postgres_support.running()
    if request.param == "postgres" and postgres_support.binaries() is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    store = next(stores)
    running = Collector(tmp_path_factory.mktemp("attacked"), *(["--store", store] if store else []))
    sent = 0
    for traces in _attacks():
        for start in range(0, len(traces), 500):
            assert running.batch([*traces[start : start + 500], trace("/ok", route="/ok")]).status_code == 200
            sent += len(traces[start : start + 500]) + 1
    running.accepted = sent  # type: ignore[attr-defined]
    running.settled(sent)
    yield running
    running.stop()
    next(stores, None)


def _attacks() -> Iterator[list[Any]]:
    yield [trace("/p", route="/p", response_body=json.dumps({"1:" * 40_000: 1, "a" * 4_096: {"password": "x"}}))]
    yield [trace("/" + "1:" * 1_000, status=401), trace("/" + "f:" * 1_000)]
    media = [{"name": "Content-Type", "value": "application/" + "x" * 6_000 + "+json"}]
    yield [trace("/m", route="/m", response_headers=media, response_body='{"a":1}')]
    types = [[{"name": "Content-Type", "value": f"application/x{n}+json"}] for n in range(1_000)]
    yield [trace("/t", route="/t", response_headers=kind, response_body='{"a":1}') for kind in types]
    yield [trace("/h", route="/h", host=f"h{n}.example") for n in range(1_000)]
    yield [trace("/deep", route="/deep", response_body=_deep(300)), trace("/deep", response_body="[" * 100_000)]
    yield [trace("/d", route="/d", duration=1e308), _bad("status", 2**63), _bad("status", -1), _bad("method", ["GET"])]
    yield [trace("/old", route="/old", meta={"requestTimestamp": at}) for at in ("1970-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00")]
    yield [trace("/n", route="/n", response_body="9" * 4_000), trace("/n", route="/n", meta={"durationMs": 10**400})]
    yield [trace("/" + "l" * 50_000, route="/long", host="x" * 9_000, trace_id="t" * 9_000)]
    yield [trace("/f", route="/f", response_body=json.dumps({f"k{n}": n for n in range(20_000)}))]


def _bad(name: str, value: Any) -> dict[str, Any]:
    made = trace("/bad", route="/bad")
    made["response" if name == "status" else "request"][name] = value
    return made


def test_every_trace_is_counted_and_only_malformed_ones_are_rejected(attacked: Collector) -> None:
    status = attacked.status()
    assert (status["set_aside_traces"], status["lost_traces"], status["inbox_traces"]) == (3, 0, 0)
    assert status["applied_traces"] == attacked.accepted - 3  # type: ignore[attr-defined]


def test_hosts_media_types_and_fields_stay_few_and_what_is_over_is_shown(attacked: Collector) -> None:
    endpoints = attacked.get("/api/local/endpoints")
    assert len([item for item in endpoints if item["route"] == "/h"]) == MOST_HOSTS + 1
    [folded] = [item for item in endpoints if item["route"] == "/h" and item["host"] == "*"]
    assert folded["calls"] == 1_000 - MOST_HOSTS
    [typed] = [item for item in endpoints if item["route"] == "/t"]
    sections = {field["section"] for field in attacked.get(f"/api/local/endpoints/{typed['id']}/fields")}
    assert len(sections) <= MOST_SECTIONS + 2 and "response 2xx */*" in sections
    status = attacked.status()
    assert status["other_host_traces"] == 1_000 - MOST_HOSTS and status["overflow_sections"] > 0
    page = _page(attacked, "/settings")
    assert "Requests counted under host *" in page and "over limits" in page


def test_later_routes_still_show(attacked: Collector) -> None:
    [fine] = [item for item in attacked.get("/api/local/endpoints") if item["route"] == "/ok"]
    assert fine["calls"] > 10


def test_what_is_old_by_the_agents_clock_is_no_news_and_makes_none(attacked: Collector) -> None:
    assert all(item["first_seen"] > "2025" and item["last_seen"] > "2025" for item in attacked.get("/api/local/endpoints"))
    assert not [item for item in attacked.get("/api/local/findings") if item["kind"].startswith("new")]


def test_every_page_is_small_and_quick(attacked: Collector) -> None:
    paths = ["/", "/requests", "/findings", "/sensitive", "/openapi", "/settings"]
    named = sorted({item["service"] for item in attacked.get("/api/local/endpoints")})
    paths += [f"/openapi.json?service={quote(service)}" for service in named[:3]]
    paths += [f"/endpoints/{item['id']}" for item in attacked.get("/api/local/endpoints") if item["route"] in "/f /t /p /deep"]
    listed = range(1, attacked.status()["accepted_traces"] + 1)
    paths += [f"/requests/{number}" for number in [*listed[:8], *listed[-60:]]]
    for path in paths:
        began = time.monotonic()
        assert len(_page(attacked, path)) < 2_000_000, path
        assert time.monotonic() - began < 5, path


def _page(collector: Collector, path: str) -> str:
    answer = collector.session.get(collector.url + path, headers={"Authorization": collector.key}, timeout=30)
    assert answer.status_code in (200, 404), (path, answer.status_code)
    return answer.text


def test_a_body_of_gzip_members_without_end_costs_nothing() -> None:
    began = cpu_limit.used()
    with pytest.raises(transport.Refused):
        transport.inflate(gzip.compress(b"") * 400_000, "gzip")
    assert cpu_limit.used() - began < 2


def test_nothing_is_inflated_for_who_has_no_key(shared: Collector) -> None:
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    answer = shared.post("/api/v1/log-request/batch", bomb, key="wrong", Content_Encoding="gzip")
    assert answer.status_code == 401


def test_unread_downloads_do_not_hinder_posts(tmp_path: Path) -> None:
    collector = Collector(tmp_path)
    unread = []
    try:
        collector.batch([trace("/x", route="/x", response_body="y" * 30_000) for _ in range(50)])
        for _ in range(20):
            collector.batch([trace("/x", route="/x", response_body="y" * 30_000) for _ in range(60)])
        collector.settled(1_250)
        headers = {"Authorization": collector.key}
        for _ in range(16):
            unread.append(collector.session.get(collector.url + "/requests.jsonl", headers=headers, stream=True, timeout=30))
        assert {answer.status_code for answer in unread} == {200, 503}
        assert all(collector.batch([trace("/x", route="/x")]).status_code == 200 for _ in range(20))
        collector.settled(1_270)
    finally:
        for answer in unread:
            answer.close()
        collector.stop()
