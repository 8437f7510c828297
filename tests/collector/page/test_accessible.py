"""The pages can be used by keyboard, by screen reader, on a phone, in the dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.collector.collector_support import Collector
from tests.collector.page.browser import expect

pytestmark = pytest.mark.slow
PATHS = (
    "/",
    "/?q=nothing-like-this",
    "/requests",
    "/findings",
    "/sensitive",
    "/tests",
    "/openapi",
    "/settings",
    "/endpoints/POST /checkout",
    "/requests/ANY",
)


def resolve(collector: Collector, ids: dict[tuple[str, str], str], path: str) -> str:
    if path == "/requests/ANY":
        listed = collector.session.get(collector.url + "/requests", headers={"Authorization": collector.key}).text
        return "/requests/" + listed.split('href="/requests/', 1)[1].split('"', 1)[0]
    if path.startswith("/endpoints/"):
        method, route = path[len("/endpoints/") :].split(" ")
        return "/endpoints/" + ids[method, route]
    return path


def axe(page: Any, foreign: str = "#nothing") -> list[str]:
    """What axe-core finds outside of `foreign`: rule, impact and where."""
    package = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    page.evaluate((Path(package.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("(f) => axe.run({exclude: [f]}, {resultTypes: ['violations']})", foreign)
    return [
        f"{item['id']} ({item['impact']}): {node['target']} {node['html'][:200]}"
        for item in found["violations"]
        for node in item["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(opened: Any, shop_collector: Collector, endpoint_ids: Any, path: str, scheme: str) -> None:
    page = opened(shop_collector, resolve(shop_collector, endpoint_ids, path), color_scheme=scheme)
    assert axe(page) == []


def test_axe_finds_nothing_before_the_first_request(opened: Any, collector: Collector) -> None:
    assert axe(opened(collector)) == []


@pytest.mark.parametrize("path", PATHS)
def test_a_phone_scrolls_in_one_direction_only(
    opened: Any, shop_collector: Collector, endpoint_ids: Any, path: str
) -> None:
    where = resolve(shop_collector, endpoint_ids, path)
    page = opened(shop_collector, where, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_keyboard_reaches_filter_rows_and_requests_in_order(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    page.keyboard.type("checkout")
    expect(page.locator("#rows > tr")).to_have_count(1)
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("Boolean(document.activeElement.closest('#rows'))"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("/checkout")


def test_a_filter_tells_a_screen_reader_what_it_found(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    page.fill("[name=q]", "checkout")
    expect(page.locator("#announce")).to_contain_text("1 endpoint matches")
