"""The OpenAPI page: the document to look at and to take away, and where another one differs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.collector.collector_support import Collector
from tests.collector.page import shop
from tests.collector.page.browser import expect

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


@pytest.mark.parametrize("data", [b"openapi: 3.1.0\npaths: {}\n", b"[1]", b'{"paths": 7}', b"\xff\xfe", b"[" * 90_000])
def test_what_is_no_document_gets_a_sentence(opened: Any, shop_collector: Collector, data: bytes) -> None:
    page = opened(shop_collector, "/openapi")
    upload(page, data)
    expect(page.locator(".trouble")).to_contain_text("This is")


def test_routes_that_nobody_called_are_listed_with_their_file(opened: Any, shop_collector: Collector) -> None:
    row = opened(shop_collector, "/openapi").locator("tr", has_text="/refunds")
    expect(row).to_contain_text("shop/orders.py:88")


def test_an_endpoints_page_has_its_part(opened: Any, shop_collector: Collector, endpoint_ids: Any) -> None:
    page = opened(shop_collector, "/endpoints/" + endpoint_ids["POST", "/checkout"])
    shown = json.loads(page.locator("#openapi pre").text_content())
    assert list(shown) == ["/checkout"] and list(shown["/checkout"]) == ["post"]
