"""What could not be tested is said, and what the agent saw may come late: nothing is lost to a busy machine in silence."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from metlo_auto.collector.security_tests.agent_view import Exceptions
from metlo_auto.collector.security_tests.rate import Pace
from metlo_auto.collector.store.database import open_store, writing
from metlo_auto.collector.store.schema import test_traces as traces_of_tests
from metlo_auto.collector.store.statements import OfEngine
from tests.collector.collector_support import Collector
from tests.security_tests.sink import Sink, ask, tell

RUN = "0123456789abcdef0123"


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    found = open_store(f"sqlite:///{tmp_path}/collector.sqlite3")
    yield found
    found.dispose()


def seen(engine: Any, number: int, exception: str) -> None:
    with writing(engine) as connection:
        connection.execute(insert(traces_of_tests).values(run=RUN, number=number, status=500, exception=exception))


def test_an_exception_that_is_told_late_is_waited_for_however_often_nothing_came_before(engine: Any) -> None:
    exception_of = Exceptions(OfEngine(engine), RUN, first_within=0)
    assert [exception_of(number) for number in (1, 2, 3)] == [None] * 3
    seen(engine, 4, "")
    late = threading.Timer(0.5, seen, (engine, 5, "sqlite3.OperationalError"))
    late.start()
    assert exception_of(5) == "sqlite3.OperationalError" and exception_of(4) == ""
    late.join()


def test_no_endpoint_is_slow_where_all_are() -> None:
    pace = Pace()
    assert pace.beyond(0.3) == 0
    for _ in range(30):
        pace.beyond(0.3)
    assert pace.beyond(0.3) == 0 and pace.beyond(2.3) == pytest.approx(2.0)


def report_of(collector: Collector, sink: Sink, *arguments: str) -> Any:
    path = collector.data_dir / "r.json"
    ask(collector, sink.url, "--json", str(path), *arguments)
    return json.loads(path.read_text())


def test_kinds_that_met_nothing_but_a_limit_count_as_not_ask(collector: Collector, sink: Sink) -> None:
    tell(collector, sink, ("GET", "/things", "/things"), parameters=[{"name": "q", "value": "tea"}])
    sink.limit = 4
    report = report_of(collector, sink, "--only", "ssti,path,headers")
    assert [c["kind"] for c in report["checked"]] == ["ssti"]
    assert {(s["kind"], s["reason"]) for s in report["skipped"]} == {
        ("path", "1 of 1 requests got 429"), ("headers", "1 of 1 requests got 429"),
    }  # fmt: skip


def test_each_kind_that_cannot_be_tested_says_why(collector: Collector, sink: Sink) -> None:
    mine = [{"name": "Authorization", "value": "Bearer redacted-abcdefghijkl"}]
    tell(collector, sink, ("GET", "/things/{id}", "/things/7"), request_headers=mine)
    report = report_of(collector, sink, "--only", "auth,bola")
    told = "stored requests are of callers that no identity stands for"
    assert {(s["kind"], s["reason"]) for s in report["skipped"]} == {("auth", told), ("bola", told)}
    report = report_of(collector, sink, "--only", "bola,methods", "--as", "alice=Authorization: Bearer aaaaaaaa")
    assert {(s["kind"], s["reason"]) for s in report["skipped"]} == {
        ("bola", "two identities without a higher role are needed"),
        ("methods", "other methods are sent with --allow-writes only"),
    }


def test_what_the_run_lacks_is_said_once_for_all_endpoints(collector: Collector, sink: Sink) -> None:
    for name in ("pears", "plums", "figs"):
        tell(collector, sink, ("GET", f"/{name}", f"/{name}"), parameters=[{"name": "q", "value": "tea"}])
    report = report_of(collector, sink, "--only", "ssti,methods")
    reason = "other methods are sent with --allow-writes only"
    assert report["skipped"] == [{"method": "GET", "route": "3 endpoints", "kind": "methods", "reason": reason}]
    assert [c["kind"] for c in report["checked"]] == ["ssti"] * 3


def test_a_run_that_ends_early_names_every_kind_that_it_did_not_come_to(collector: Collector, sink: Sink) -> None:
    tell(collector, sink, ("GET", "/things", "/things"), parameters=[{"name": "q", "value": "tea"}])
    report = report_of(collector, sink, "--only", "ssti,path,xss,crlf", "--max-requests", "4")
    done = {c["kind"] for c in report["checked"]} | {s["kind"] for s in report["skipped"]}
    assert done == {"ssti", "path", "xss", "crlf"} and any("--max-requests" in s["reason"] for s in report["skipped"])
