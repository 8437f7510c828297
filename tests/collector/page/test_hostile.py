"""Captured text is shown as text, wherever it stands; whatever runs or breaks the policy fails the test."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.collector.collector_support import Collector, trace
from tests.collector.page.browser import expect

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


LONG = "long" * 2_000
MARKDOWN = "![x](/openapi.json?as-an-image) [y](javascript:alert(6)) <b>bold</b>"
FORBIDDEN = """() => [...document.querySelectorAll("*")]
    .filter(it => ["IFRAME", "OBJECT", "EMBED", "FORM", "BASE", "IMG", "B"].includes(it.tagName)
        || it.tagName === "SCRIPT" && !it.src.startsWith(location.origin)
        || [...it.attributes].some(attribute => attribute.name.startsWith("on")))
    .map(it => it.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def attacked_documents(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A collector whose OpenAPI document has something evil in summaries, paths, names, types and examples."""
    running = Collector(tmp_path_factory.mktemp("documents"))
    script = SCRIPT.replace("/", "|")
    routes = [f"/x/{script}/{{{script}}}", "/y/\u202e'\"&lt;b>", f"/{MARKDOWN}", f"/{LONG}/{{id}}"]
    traces = [hostile(method, 200, route) for route in routes for method in ("GET", "POST")]
    for sent in traces:
        sent["request"]["url"]["host"], sent["meta"]["service"] = "shop.example", EVIL
        body = {EVIL: EVIL, MARKDOWN: MARKDOWN, "kind": SCRIPT, LONG: LONG, "email": f"{SCRIPT}@b.example"}
        sent["request"]["body"] = sent["response"]["body"] = json.dumps(body)
    assert running.batch(traces * 3).status_code == 200
    running.settled(len(traces) * 3)
    yield running
    running.stop()


@pytest.mark.parametrize("width", [1360, 360])
def test_swagger_ui_shows_it_as_text_and_runs_nothing(opened: Any, attacked_documents: Collector, width: int) -> None:
    page = opened(attacked_documents, "/openapi/docs", viewport={"width": width, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    document = attacked_documents.get("/openapi.json")
    operations = sum(len(item) for item in document["paths"].values())
    expect(page.locator(".opblock")).to_have_count(operations)
    assert operations == 8
    for operation in page.locator(".opblock-summary-control").all():
        operation.click()
    expect(page.locator(".opblock.is-open")).to_have_count(operations)
    for shut in page.locator("#docs button[aria-expanded=false]").all():
        shut.click()
    shown = page.locator("#docs").inner_text()
    assert SCRIPT in shown and MARKDOWN in shown
    assert page.evaluate(FORBIDDEN) == []
    assert set(page.eval_on_selector_all("a[href]", "links => links.map(link => link.origin)")) == {attacked_documents.url}
    assert [url for url in asked if "as-an-image" in url] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelector('#docs').append(document.createElement('iframe'))")
    assert len(page.evaluate(FORBIDDEN)) == 1, "it would be found"
