"""Captured text is shown as text, wherever it stands; whatever runs or breaks the policy fails the test."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.collector.collector_support import Collector, trace

pytestmark = pytest.mark.slow

SCRIPT = "<script>alert(1)</script>"
EVIL = SCRIPT + "\"'><img src=x onerror=alert(2)><svg/onload=alert(3)>{{7*7}}{%x%}</textarea></title>\u202e\x00"
PATH_EVIL = "/%3Cscript%3E/'\"{x}[;]:@,alert(1)"


def hostile(method: str, status: int, route: str) -> dict[str, Any]:
    """A trace with something evil in every place that a client or an app controls."""
    return trace(
        PATH_EVIL,
        method,
        status,
        route=route,
        host=EVIL,
        trace_id=EVIL,
        parameters=[{"name": EVIL, "value": EVIL}, {"name": "javascript:alert(4)", "value": "javascript:alert(5)"}],
        request_headers=[
            {"name": EVIL, "value": EVIL},
            {"name": "Content-Type", "value": "application/json"},
            {"name": "Cookie", "value": f"session{SCRIPT}=1"},
        ],
        response_headers=[{"name": "Content-Type", "value": "application/json;" + EVIL}, {"name": "X", "value": EVIL}],
        request_body=json.dumps({EVIL: EVIL, "list": [EVIL], "email": "a@b.example" + SCRIPT}),
        response_body=json.dumps({EVIL: {SCRIPT: [EVIL, None, 1]}, "password_hash": EVIL, "email": "a@b.example"}),
        meta={
            "source": EVIL,
            "originalSource": EVIL,
            "environment": EVIL,
            "exception": EVIL,
            "agent": EVIL,
            "requestBody": {"size": EVIL, "captured": EVIL, "omitted": EVIL},
            "responseBody": EVIL,
        },
    )


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Any:
    running = Collector(tmp_path_factory.mktemp("attacked"))
    evil_route = "/x/" + EVIL.replace("/", "|") + "/{" + SCRIPT.replace("/", "|") + "}"
    traces = [hostile("GET", 200, evil_route), hostile("POST", 500, evil_route), hostile("GET", 404, "/y")]
    text = hostile("PUT", 200, "/text")
    text["request"]["body"], text["response"]["body"] = EVIL, "[" + EVIL
    broken = trace(
        "/broken\ud800", route="/broken", request_body='{"a": "\\ud800", "\ud801": 1}', response_body="\ud800"
    )
    for part in ("request", "response"):
        broken[part]["headers"] = [{"name": "X-\ud800", "value": "\udfff"}]
    broken["request"]["url"]["parameters"] = [{"name": "\ud800", "value": "\ud800"}]
    assert running.batch([*traces, text, broken]).status_code == 200
    routes = [{"methods": ["GET"], "rule": evil_route, "endpoint": EVIL, "file": EVIL, "line": 1}]
    routes.append({"methods": ["GET"], "rule": "/never/" + EVIL, "endpoint": EVIL, "file": EVIL, "line": 1})
    assert running.post("/api/local/routes", {"app": EVIL, "routes": routes}).status_code == 200
    running.settled(5)
    yield running
    running.stop()


def pages(collector: Collector) -> list[str]:
    found = ["/", "/requests", "/findings", "/sensitive", "/openapi", "/settings"]
    found += ["/endpoints/" + item["id"] for item in collector.get("/api/local/endpoints")]
    found += [f"/requests/{number}{query}" for number in range(1, 6) for query in ("", "?values=shown")]
    return found


def test_nothing_captured_becomes_markup_or_runs(opened: Any, attacked: Collector) -> None:
    page = opened(attacked)
    for path in pages(attacked):
        assert page.goto(attacked.url + path).status == 200, path
        found = page.evaluate(
            "() => [...document.querySelectorAll('script, img, textarea, [onerror], [onload], [style], style, iframe')]"
            ".map(element => element.outerHTML)"
        )
        assert len(found) == 1 and "/static/live.js" in found[0], (path, found)
        links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.protocol)")
        assert set(links) == {"http:"}, path


def test_it_can_be_copied(attacked: Collector) -> None:
    for number in range(1, 6):
        for how in ("curl", "pytest"):
            address = f"{attacked.url}/requests/{number}/{how}"
            answer = attacked.session.get(address, headers={"Authorization": attacked.key}, timeout=30)
            assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain"), address


def test_it_is_there_to_be_read(opened: Any, attacked: Collector) -> None:
    page = opened(attacked, "/requests/1?values=shown")
    assert page.inner_text("main").count(SCRIPT) >= 8


def test_renewed_rows_are_text_too(opened: Any, attacked: Collector) -> None:
    page = opened(attacked)
    before = page.locator("#feed > tr").count()
    attacked.batch([hostile("DELETE", 200, "/z" + EVIL.replace("/", "|"))])
    page.wait_for_selector(f"#feed > tr:nth-child({before + 1})")
    assert page.locator("#feed script, #rows script, #feed img, #rows img").count() == 0


def test_what_the_address_says_is_text_too(opened: Any, attacked: Collector) -> None:
    page = opened(attacked)
    for query in ("q", "method", "auth", "data", "only", "sort", "page", "status", "before", "done", "values"):
        for path in ("/", "/requests", "/findings", "/requests/1"):
            page.goto(f"{attacked.url}{path}?{query}=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
            assert page.locator("script").count() == 1
