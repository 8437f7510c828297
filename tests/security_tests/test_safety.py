"""What a run sends and leaves behind: asserted at a socket, in the store and in every file that it writes."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.collector.collector_support import Collector, trace
from tests.security_tests.scene import Scene, run
from tests.security_tests.sink import Sink, ask, tell

TOKEN = "Bearer secret-token-of-somebody"


def test_nothing_but_reading_methods_is_sent_unless_writes_are_allowed(collector: Collector, sink: Sink) -> None:
    calls = [(method, "/things/{id}", "/things/7") for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
    tell(collector, sink, *calls)
    report = collector.data_dir / "r.json"
    ask(collector, sink.url, "--json", str(report))
    assert {method for method, _, _ in sink.asked} <= {"GET", "HEAD", "OPTIONS"}
    skipped = {(skip["method"], skip["reason"]) for skip in json.loads(report.read_text())["skipped"]}
    assert ("DELETE", "DELETE is sent with --allow-writes=all only") in skipped
    assert ("POST", "POST is sent with --allow-writes only") in skipped
    ask(collector, sink.url, "--allow-writes")
    assert "DELETE" not in {method for method, _, _ in sink.asked} and "PUT" in {method for method, _, _ in sink.asked}
    ask(collector, sink.url, "--allow-writes=all")
    assert "DELETE" in {method for method, _, _ in sink.asked}


def test_each_request_carries_the_mark_of_its_run_and_a_number_of_its_own(collector: Collector, sink: Sink) -> None:
    tell(collector, sink, ("GET", "/things", "/things"))
    report = collector.data_dir / "r.json"
    ask(collector, sink.url, "--json", str(report))
    marks = [headers.get("X-Metlo-Test", "") for _, _, headers in sink.asked]
    told = json.loads(report.read_text())
    assert {mark.partition("/")[0] for mark in marks} == {told["run"]}
    assert sorted(int(mark.partition("/")[2]) for mark in marks) == list(range(1, told["requests"] + 1))


def test_a_host_off_loopback_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    done = run(tmp_path, "test", "http://192.0.2.7:8080", seconds=20)
    assert done.returncode == 2 and "--allow-host 192.0.2.7" in done.stderr


def test_no_redirect_is_followed_and_no_proxy_is_asked(collector: Collector, sink: Sink) -> None:
    elsewhere = Sink()
    threading.Thread(target=elsewhere.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    sink.status, sink.location = 302, elsewhere.url + "/login"
    tell(collector, sink, ("GET", "/things", "/things"), parameters=[{"name": "next", "value": "/account"}])
    run(collector.data_dir, "test", sink.url, "--rate", "500", http_proxy=elsewhere.url, HTTP_PROXY=elsewhere.url, ALL_PROXY=elsewhere.url)
    elsewhere.shutdown()
    elsewhere.server_close()
    assert len(sink.asked) > 20 and elsewhere.asked == []


def test_the_rate_is_kept(collector: Collector, sink: Sink) -> None:
    tell(collector, sink, ("GET", "/things", "/things"), ("GET", "/others", "/others"))
    began = time.monotonic()
    run(collector.data_dir, "test", sink.url, "--rate", "10", "--only", "auth,headers,errors")
    assert len(sink.asked) <= 10 * (time.monotonic() - began) + 1 and len(sink.asked) >= 5


def test_a_slow_endpoint_does_not_keep_others_waiting(collector: Collector, sink: Sink) -> None:
    sink.pause["/slow"] = 1.0
    tell(collector, sink, ("GET", "/slow", "/slow"), *[("GET", f"/quick{n}", f"/quick{n}") for n in range(9)],
         parameters=[{"name": "q", "value": "tea"}])  # fmt: skip
    done = run(collector.data_dir, "test", sink.url, "--rate", "500", "--only", "ssti,errors,xss,headers", seconds=60)
    assert "10 endpoints tested" in done.stdout
    last_quick = max(at for at, (_, path, _) in enumerate(sink.asked) if path.startswith("/quick"))
    assert last_quick < len(sink.asked) - 1


def test_masked_values_are_never_sent(collector: Collector, sink: Sink) -> None:
    tell(collector, sink, ("GET", "/reset", "/reset"), parameters=[{"name": "token", "value": "redacted-abcdefghijkl"}])
    tell(collector, sink, ("GET", "/reset/{code}", "/reset/redacted-abcdefghijkl"))
    done = ask(collector, sink.url)
    assert done.returncode == 3 and not [path for _, path, _ in sink.asked if "redacted" in path or "reset" in path]
    assert "the query parameter token was masked" in done.stdout


@pytest.mark.parametrize("status", [404, 429])
def test_an_endpoint_that_never_shows_itself_counts_as_not_ask(collector: Collector, sink: Sink, status: int) -> None:
    sink.status = status
    tell(collector, sink, ("GET", "/things", "/things"))
    done = ask(collector, sink.url)
    assert done.returncode == 3 and f"answered nothing but {status}" in done.stdout


def test_an_app_that_is_down_ends_the_run(collector: Collector, sink: Sink) -> None:
    sink.status = 503
    tell(collector, sink, *[("GET", f"/t{n}", f"/t{n}") for n in range(30)])
    done = ask(collector, sink.url)
    assert "ten times in a row" in done.stdout and len(sink.asked) < 40


def test_no_trace_of_a_run_reaches_inventory_counts_or_openapi(clinic_app: Scene) -> None:
    def state() -> Any:
        shown = [(e["method"], e["route"], e["calls"]) for e in clinic_app.collector.get("/api/local/endpoints")]
        document = run(clinic_app.collector.data_dir, "openapi").stdout
        return sorted(shown), document

    before, tests_before = state(), clinic_app.collector.status().get("test_traces", 0)
    clinic_app.test("--rate", "300", "--only", "sqli,errors,hidden,bola")
    deadline = time.monotonic() + 20
    while clinic_app.collector.status().get("test_traces", 0) < tests_before + 50 and time.monotonic() < deadline:
        time.sleep(0.2)
    status = clinic_app.collector.status()
    assert status["test_traces"] >= tests_before + 50 and status["lost_traces"] == 0
    assert state() == before


def test_a_mark_that_no_run_of_this_collector_has_hides_nothing(collector: Collector) -> None:
    headers = [{"name": "X-Metlo-Test", "value": "0123456789abcdef0123/1"}]
    assert collector.batch([trace("/seen", route="/seen", request_headers=headers)]).status_code == 200
    collector.settled(1)
    assert [e["route"] for e in collector.get("/api/local/endpoints")] == ["/seen"]


def test_no_report_holds_a_credential(clinic_app: Scene) -> None:
    files = [clinic_app.folder / name for name in ("r.xml", "r.sarif", "r.baseline")]
    ran = clinic_app.test("--rate", "300", "--junit", str(files[0]), "--sarif", str(files[1]), "--write-baseline", str(files[2]))
    texts = [ran.out, ran.err, json.dumps(ran.report), *(file.read_text("utf-8") for file in files)]
    assert ran.report["findings"] and not [s for s in clinic_app.secrets() for text in texts if s in text]
