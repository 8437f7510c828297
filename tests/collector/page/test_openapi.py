"""The OpenAPI page: the document to look at and to take away, and where another one differs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from metlo_auto.collector.openapi import as_yaml
from tests.collector.collector_support import Collector
from tests.collector.page import shop
from tests.collector.page.browser import expect
from tests.collector.page.test_accessible import axe

pytestmark = pytest.mark.slow


def document(collector: Collector) -> dict[str, Any]:
    found: dict[str, Any] = collector.get("/openapi.json")
    return found


def upload(page: Any, data: bytes, name: str = "mine.json") -> None:
    page.set_input_files("#document", {"name": name, "mimeType": "application/json", "buffer": data})
    page.click("text=Compare with traffic")


def test_the_download_is_the_whole_document(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector, "/openapi")
    with page.expect_download() as started:
        page.click("text=Download openapi.json")
    assert started.value.suggested_filename == "openapi.json"
    found = json.loads(started.value.path().read_text("utf-8"))
    called = {(route.template, route.method.lower()) for route in shop.ROUTES}
    assert {(path, method) for path, item in found["paths"].items() for method in item} == called


def test_the_preview_begins_like_the_document(opened: Any, shop_collector: Collector) -> None:
    shown = opened(shop_collector, "/openapi").locator("pre.body").text_content()
    text = json.dumps(document(shop_collector), indent=2)
    assert len(shown) > 10_000 and text.startswith(shown)


def test_traffic_agrees_with_its_own_document(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector, "/openapi")
    upload(page, json.dumps(document(shop_collector)).encode())
    expect(page.locator(".done-note")).to_have_text("Traffic and mine.json agree.")


@pytest.mark.parametrize("script", [True, False])
def test_what_the_document_lacks_is_listed(opened: Any, shop_collector: Collector, script: bool) -> None:
    kept = document(shop_collector)
    del kept["paths"]["/checkout"]
    page = opened(shop_collector, "/openapi", java_script_enabled=script)
    upload(page, json.dumps(kept).encode())
    expect(page.locator(".differences", has_text="mine.json").locator("tbody th").first).to_have_text("POST /checkout")


@pytest.mark.parametrize("data", [b"openapi: 3.1.0\npaths: 7\n", b"[1]", b'{"paths": 7}', b"\xff\xfe", b"[" * 90_000])
def test_what_is_no_document_gets_a_sentence(opened: Any, shop_collector: Collector, data: bytes) -> None:
    page = opened(shop_collector, "/openapi")
    upload(page, data)
    expect(page.locator(".trouble")).to_contain_text("mine.json is ")


def test_a_document_in_yaml_is_read(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector, "/openapi")
    upload(page, as_yaml(document(shop_collector)).encode(), "mine.yaml")
    expect(page.locator(".done-note")).to_have_text("Traffic and mine.yaml agree.")


def test_routes_that_nobody_called_are_listed_with_their_file(opened: Any, shop_collector: Collector) -> None:
    row = opened(shop_collector, "/openapi").locator("tr", has_text="/refunds")
    expect(row).to_contain_text("shop/orders.py:88")


def test_an_endpoints_page_has_its_part(opened: Any, shop_collector: Collector, endpoint_ids: Any) -> None:
    page = opened(shop_collector, "/endpoints/" + endpoint_ids["POST", "/checkout"])
    shown = json.loads(page.locator("#openapi pre").text_content())
    assert list(shown) == ["/checkout"] and list(shown["/checkout"]) == ["post"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_swagger_ui_shows_every_operation_and_asks_nobody_but_the_collector(
    opened: Any, shop_collector: Collector, scheme: str
) -> None:
    page = opened(shop_collector, "/openapi", color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url[len(shop_collector.url) :]}"))
    page.click("text=Swagger UI")
    expect(page.locator(".opblock")).to_have_count(len(shop.ROUTES))
    page.locator(".opblock", has_text="/checkout").locator(".opblock-summary-control").click()
    expect(page.locator(".opblock.is-open .response-col_status").nth(1)).to_contain_text("20")
    assert page.get_by_text("Try it out").count() == page.get_by_text("Execute").count() == 0
    files = ["openapi/swagger-ui/swagger-ui.css", "static/style.css", "openapi/swagger-ui/swagger-ui-bundle.js"]
    files += ["static/live.js", "static/docs.js", "openapi.json", "openapi/docs", "static/mark.svg"]
    assert set(asked) <= {f"GET /{name}" for name in files} and "GET /openapi.json" in asked  # elsewhere is a complaint
    assert page.evaluate("document.documentElement.classList.contains('dark-mode')") == (scheme == "dark")
    assert axe(page, "#docs") == []


def test_swagger_ui_on_a_phone_and_by_keyboard(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector, "/openapi/docs", viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    expect(page.locator(".opblock")).to_have_count(len(shop.ROUTES))
    page.locator(".opblock-summary-control").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".opblock.is-open")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("name", ["openapi/docs", "openapi/swagger-ui/swagger-ui.css"])
def test_swagger_ui_is_for_those_who_are_signed_in(shop_collector: Collector, name: str) -> None:
    where = f"{shop_collector.url}/{name}"
    assert shop_collector.session.get(where, timeout=20).status_code == 401
    signed = {"Authorization": shop_collector.key}
    answer = shop_collector.session.get(where, headers=signed, timeout=20)
    assert answer.status_code == 200 and "default-src 'self'" in answer.headers["Content-Security-Policy"]
    other = f"{shop_collector.url}/openapi/swagger-ui/index.css"
    assert shop_collector.session.get(other, headers=signed, timeout=20).status_code == 404
