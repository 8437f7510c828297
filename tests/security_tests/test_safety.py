"""What a run sends and leaves behind: asserted at a socket, in the store and in every file that it writes."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator

import pytest

from tests.collector.collector_support import Collector, trace
from tests.security_tests.scene import Scene, run

TOKEN = "Bearer secret-token-of-somebody"


class Sink(ThreadingHTTPServer):
    """Answers everything with a small list, and keeps what was asked. `status`: what it answers."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.status = 200
        self.pause: dict[str, float] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        time.sleep(next((s for path, s in self.server.pause.items() if self.path.startswith(path)), 0))
        body = b'{"items": [{"id": 77, "name": "lamp oil"}]}'
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", "http://192.0.2.1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = do_TRACE = handle_any
    do_PROPFIND = do_METLO = handle_any

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    running = Collector(tmp_path)
    yield running
    running.stop()


def tell(collector: Collector, sink: Sink, *calls: "tuple[str, str, str]", **more: Any) -> None:
    """Traffic of the sink: method, route and path; a minute ago, so that no run waits for more of it."""
    meta = {"requestTimestamp": "2026-01-01T00:00:00.000Z"}
    listed = [
        trace(path, method, route=route, host=sink.url[7:], response_body='{"items":[{"id":77,"name":"lamp oil"}]}', meta=meta,
              **more)
        for method, route, path in calls
    ]  # fmt: skip
    before = collector.status()["accepted_traces"]
    assert collector.batch(listed).status_code == 200
    collector.settled(before + len(listed))


def test(collector: Collector, url: str, *arguments: str) -> Any:
    return run(collector.data_dir, "test", url, "--rate", "500", *arguments)


test.__test__ = False  # type: ignore[attr-defined]


def test_nothing_but_reading_methods_is_sent_unless_writes_are_allowed(collector: Collector, sink: Sink) -> None:
    calls = [(method, "/things/{id}", "/things/7") for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
    tell(collector, sink, *calls)
    report = collector.data_dir / "r.json"
    test(collector, sink.url, "--json", str(report))
    assert {method for method, _, _ in sink.asked} <= {"GET", "HEAD", "OPTIONS"}
    skipped = {(skip["method"], skip["reason"]) for skip in json.loads(report.read_text())["skipped"]}
    assert ("DELETE", "DELETE is sent with --allow-writes=all only") in skipped
    assert ("POST", "POST is sent with --allow-writes only") in skipped
    test(collector, sink.url, "--allow-writes")
    assert "DELETE" not in {method for method, _, _ in sink.asked} and "PUT" in {method for method, _, _ in sink.asked}
    test(collector, sink.url, "--allow-writes=all")
    assert "DELETE" in {method for method, _, _ in sink.asked}


def test_each_request_carries_the_mark_of_its_run_and_a_number_of_its_own(collector: Collector, sink: Sink) -> None:
    tell(collector, sink, ("GET", "/things", "/things"))
    report = collector.data_dir / "r.json"
    test(collector, sink.url, "--json", str(report))
    marks = [headers.get("X-Metlo-Test", "") for _, _, headers in sink.asked]
    told = json.loads(report.read_text())
    assert {mark.partition("/")[0] for mark in marks} == {told["run"]}
    assert sorted(int(mark.partition("/")[2]) for mark in marks) == list(range(1, told["requests"] + 1))


def test_a_host_off_loopback_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    done = run(tmp_path, "test", "http://192.0.2.7:8080", seconds=20)
    assert done.returncode == 2 and "--allow-host 192.0.2.7" in done.stderr


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
    done = test(collector, sink.url)
    assert done.returncode == 3 and not [path for _, path, _ in sink.asked if "redacted" in path or "reset" in path]
    assert "the query parameter token was masked" in done.stdout


@pytest.mark.parametrize("status", [404, 429])
def test_an_endpoint_that_never_shows_itself_counts_as_not_tested(collector: Collector, sink: Sink, status: int) -> None:
    sink.status = status
    tell(collector, sink, ("GET", "/things", "/things"))
    done = test(collector, sink.url)
    assert done.returncode == 3 and f"answered nothing but {status}" in done.stdout


def test_an_app_that_is_down_ends_the_run(collector: Collector, sink: Sink) -> None:
    sink.status = 503
    tell(collector, sink, *[("GET", f"/t{n}", f"/t{n}") for n in range(30)])
    done = test(collector, sink.url)
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
