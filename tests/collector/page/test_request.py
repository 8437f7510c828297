"""The page of one request: what was captured, left out and redacted, and how to send it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Iterator

import pytest

from metlo_auto.collector.page import labels
from tests.collector.collector_support import Collector, trace
from tests.collector.page.browser import expect

pytestmark = pytest.mark.slow


def number_of(collector: Collector, sent: dict[str, Any]) -> str:
    """Post one trace and give its number on the page."""
    before = collector.status()["accepted_traces"]
    collector.batch([sent])
    collector.settled(before + 1)
    listing = collector.session.get(collector.url + "/requests", headers={"Authorization": collector.key})
    return listing.text.split('href="/requests/', 1)[1].split('"', 1)[0]


def copied(collector: Collector, number: str, how: str) -> str:
    answer = collector.session.get(f"{collector.url}/requests/{number}/{how}", headers={"Authorization": collector.key})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    return answer.text


HOSTILE = "'; touch owned; $(touch owned) `touch owned` \"\n\\"


@pytest.fixture
def hostile() -> dict[str, Any]:
    """A request that would do harm where it is pasted unquoted."""
    return trace(
        "/a b/%27;$(touch owned)",
        "POST",
        201,
        parameters=[{"name": "q'", "value": HOSTILE}],
        request_headers=[
            {"name": "X-Evil", "value": HOSTILE},
            {"name": "Authorization", "value": "Bearer redacted-abcdefghijkl"},
            {"name": "Content-Type", "value": "text/plain"},
        ],
        request_body="@/etc/passwd " + HOSTILE,
    )


def test_what_was_left_out_is_said(opened: Any, collector: Collector) -> None:
    meta = {
        "requestBody": {"size": 2_100_000, "captured": 65_536, "omitted": "cut"},
        "responseBody": {"size": 48_211, "captured": 0, "omitted": "binary"},
    }
    page = opened(collector, "/requests/" + number_of(collector, trace(request_body="[1]", meta=meta)))
    assert "Cut at the agent's limit: 65.5 kB of 2.1 MB kept." in page.inner_text("main")
    assert "Binary content is left out: 48.2 kB." in page.inner_text("main")


def test_what_was_redacted_is_said(opened: Any, collector: Collector) -> None:
    sent = trace(
        request_headers=[{"name": "Cookie", "value": "session=redacted-abcdefghijkl"}],
        parameters=[{"name": "token", "value": "redacted-abcdefghijkl"}],
        request_body='{"password": "redacted", "pin": "redacted"}',
    )
    page = opened(collector, "/requests/" + number_of(collector, sent))
    expect(page.locator(".side").first).to_contain_text(
        "Redacted before it left the app: header Cookie, parameter token, 2 values in the body."
    )


def test_sensitive_values_are_masked_until_one_asks(opened: Any, collector: Collector) -> None:
    sent = trace(response_body=json.dumps({"email": "alice@example.com", "card": "4111111111111111", "n": 7}))
    page = opened(collector, "/requests/" + number_of(collector, sent))
    assert "alice@example.com" not in page.content() and "4111111111111111" not in page.content()
    page.click("text=Show values")
    expect(page.locator("main")).to_contain_text("alice@example.com")
    assert "4111111111111111" in page.content()
    page.click("text=Mask values")
    expect(page.locator("main")).not_to_contain_text("alice@example.com")


def test_lists_mask_what_stands_in_a_path(opened: Any, collector: Collector) -> None:
    number_of(collector, trace("/users/alice@example.com", route="/users/{mail}"))
    page = opened(collector)
    for path in ("/", "/requests", "/requests/1", page.get_attribute("#rows a", "href")):
        page.goto(collector.url + path)
        assert "alice@example.com" not in page.content() and "a•••@e•••.com" in page.content()


def test_copy_puts_the_command_on_the_clipboard(opened: Any, collector: Collector) -> None:
    number = number_of(collector, trace("/users/12", parameters=[{"name": "a", "value": "b"}]))
    page = opened(collector, "/requests/" + number, permissions=["clipboard-read", "clipboard-write"])
    page.click("text=Copy as curl")
    expect(page.locator("a.button", has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == copied(collector, number, "curl")


def test_the_curl_command_sends_exactly_what_was_sent(collector: Collector, hostile: Any, tmp_path: Path) -> None:
    command = copied(collector, number_of(collector, hostile), "curl")
    place = tmp_path / "bin"
    place.mkdir()
    (place / "curl").write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    (place / "curl").chmod(0o755)
    env = {"PATH": f"{place}{os.pathsep}{os.defpath}", "AUTHORIZATION": "my token"}
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=env, stdout=subprocess.PIPE, check=True, timeout=30)
    sent = json.loads(done.stdout)
    assert sent[:3] == ["--globoff", "--request", "POST"]
    assert "X-Evil: " + HOSTILE.replace("\n", " ") in sent
    assert "Authorization: Bearer my token" in sent
    assert sent[-2:] == ["--data-raw", "@/etc/passwd " + HOSTILE]
    assert not list(tmp_path.rglob("owned"))


def test_the_curl_command_asks_for_what_was_redacted(collector: Collector, hostile: Any, tmp_path: Path) -> None:
    command = copied(collector, number_of(collector, hostile), "curl")
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env={"PATH": os.defpath}, stderr=subprocess.PIPE, timeout=30
    )
    assert done.returncode != 0 and b"AUTHORIZATION" in done.stderr


class _Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), _Echo)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_pytest_copy_passes_against_the_app_that_answered(
    collector: Collector, hostile: Any, echo: Any, tmp_path: Path
) -> None:
    hostile["request"]["url"]["host"] = f"127.0.0.1:{echo.server_port}"
    test = tmp_path / "test_copied.py"
    test.write_text(copied(collector, number_of(collector, hostile), "pytest"), "utf-8")
    env = {**os.environ, "AUTHORIZATION": "my token"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(test)]
    done = subprocess.run(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done.stdout.decode()
    path, headers, body = echo.seen[0]
    assert body == ("@/etc/passwd " + HOSTILE).encode()
    assert headers["Authorization"] == "Bearer my token"
    assert not list(tmp_path.rglob("owned"))


def test_a_request_that_left_the_ring_is_404(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    page.complaints.expected = ("404",)
    for number in ("0", "999999999", "9" * 30):
        answer = page.goto(f"{shop_collector.url}/requests/{number}")
        assert answer.status == 404


def test_all_kept_requests_can_be_taken_away(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector, "/requests")
    taken = {}
    for name in ("HAR", "JSON lines"):
        with page.expect_download() as started:
            page.click(f".take a:text('{name}')")
        taken[started.value.suggested_filename] = started.value.path().read_text("utf-8")
    kept = len(shop_collector.get("/api/local/traces?limit=10000"))
    assert len(json.loads(taken["requests.har"])["log"]["entries"]) == kept > 100
    assert len([json.loads(line) for line in taken["requests.jsonl"].splitlines()]) == kept


def test_older_requests_are_paged_through_once_each(opened: Any, collector: Collector) -> None:
    collector.batch([trace(f"/things/{n}", route="/things/{n}") for n in range(230)])
    collector.settled(230)
    page = opened(collector, "/requests")
    seen = page.locator("#feed .path").all_inner_texts()
    for count in (100, 30):
        page.click("a[rel=next]")
        expect(page.locator("#feed .path")).to_have_count(count)
        expect(page.locator("#feed .path").first).not_to_have_text(seen[-1])
        seen += page.locator("#feed .path").all_inner_texts()
    assert seen == [f"/things/{n}" for n in range(229, -1, -1)]
    assert page.locator("a[rel=next]").count() == 0
    for first in (seen[100], seen[0]):
        page.click("a[rel=prev]")
        expect(page.locator("#feed .path").first).to_have_text(first)
    assert page.locator("#feed .path").all_inner_texts() == seen[:100] and page.locator("a[rel=prev]").count() == 0


def test_requests_stand_in_the_order_in_which_they_were_made(opened: Any, collector: Collector) -> None:
    now = time.time()
    asked = [("/second", 2), ("/first", 3), ("/third", 1)]
    collector.batch([trace(path, meta={"requestTimestamp": labels.iso(now - age)}) for path, age in asked])
    collector.settled(3)
    page = opened(collector, "/requests")
    assert page.locator("#feed .path").all_inner_texts() == ["/third", "/second", "/first"]


@pytest.mark.parametrize("meta, path, marked", [({}, "/bytes/{n}", True), ({"path": "/bytes/7"}, "/bytes/7", False)])
def test_a_path_that_is_a_route_is_marked_as_such(
    collector: Collector, meta: dict[str, str], path: str, marked: bool
) -> None:
    number = number_of(collector, trace("/bytes/{n}", route="/bytes/{n}", meta=meta))
    for place in ("/requests", "/requests/" + number):
        page = collector.session.get(collector.url + place, headers={"Authorization": collector.key}).text
        assert path in page and ("(route)" in page) == marked
