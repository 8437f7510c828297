"""The first page shows what the API does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.collector.collector_support import Collector, trace
from tests.collector.page import shop
from tests.collector.page.browser import expect

pytestmark = pytest.mark.slow


def listed(page: Any) -> list[str]:
    """Method and template of each row, in the table's order."""
    found: list[str] = page.eval_on_selector_all(
        "#rows > tr",
        "rows => rows.map(row => ['.method', '.route'].map(part => row.querySelector(part).textContent).join(' '))",
    )
    return found


def test_every_endpoint_has_a_row(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    assert sorted(listed(page)) == sorted(f"{route.method} {route.template}" for route in shop.ROUTES)


def test_the_numbers_lead_to_what_they_count(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    numbers = page.locator("#numbers a")
    counts = [int(text) for text in page.locator("#numbers b").all_inner_texts()]
    assert counts[0] == len(shop.ROUTES)
    addresses = [numbers.nth(index).get_attribute("href") for index in range(4)]
    for address, count in zip(addresses, counts):
        page.goto(shop_collector.url + address)
        if address.startswith("/?only=new"):
            assert len(page.locator("#rows > tr").all()) == count
        elif address.startswith("/sensitive"):
            seen = page.locator(".exposed tbody th").all_inner_texts()
            assert len(set(seen)) == count
        elif address.startswith("/findings"):
            assert len(page.locator(".kind .findings > li").all()) == count


def test_the_most_severe_findings_need_attention(opened: Any, shop_collector: Collector) -> None:
    lines = opened(shop_collector).locator("#attention li").all_inner_texts()
    assert 0 < len(lines) <= 5
    assert "Sensitive data without authentication" in lines[0] and "/customers/{username}" in lines[0]


def test_typing_filters_without_loading_the_page_again(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    page.evaluate("window.same = true")
    page.keyboard.press("/")
    page.keyboard.type("orders get")
    expect(page.locator("#rows > tr")).to_have_count(2)
    assert sorted(listed(page)) == ["GET /orders", "GET /orders/{order_id}"]
    assert page.evaluate("window.same") is True
    assert "q=orders+get" in page.url
    assert page.evaluate("document.activeElement.name") == "q"


def test_a_filter_that_fits_nothing_says_so(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector, "/?q=nothing-like-this")
    assert page.inner_text(".nothing") == "No endpoint fits this filter."
    page.click("text=Show all")
    assert len(listed(page)) == len(shop.ROUTES)


def test_filters_by_method_auth_and_data_add_up(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    page.select_option("[name=auth]", "always")
    page.select_option("[name=data]", "card")
    expect(page.locator("#rows > tr")).to_have_count(1)
    assert listed(page) == ["POST /checkout"]
    page.select_option("[name=method]", "GET")
    page.wait_for_selector(".nothing")


def test_a_column_sorts_and_sorts_the_other_way_round(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector)
    page.click("thead >> text=Endpoint")
    page.wait_for_url(re.compile("sort=endpoint"))
    upwards = [line.split()[1] for line in listed(page)]
    assert upwards == sorted(upwards)
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Endpoint")
    page.click("thead >> text=Endpoint")
    page.wait_for_selector("th[aria-sort=descending]")
    assert [line.split()[1] for line in listed(page)] == sorted(upwards, reverse=True)


def test_everything_works_without_javascript(opened: Any, shop_collector: Collector) -> None:
    page = opened(shop_collector, java_script_enabled=False)
    page.fill("[name=q]", "checkout")
    page.click("button:text('Filter')")
    assert listed(page) == ["POST /checkout"]
    page.click("#rows a")
    assert page.inner_text("h1").split() == ["POST", "/checkout"]


def test_a_row_says_how_fast_how_safe_and_what_data(opened: Any, shop_collector: Collector) -> None:
    row = opened(shop_collector).locator("#rows > tr", has_text="/customers/{username}")
    assert row.locator(".c-auth").inner_text() == "sometimes"
    assert row.locator(".c-data .tag").all_inner_texts() == ["email", "phone"]
    assert re.fullmatch(r"[\d.]+ ms", row.locator(".c-p95").inner_text())
    label = row.locator("svg").get_attribute("aria-label")
    assert re.fullmatch(r"\d+ calls? in the last 24 hours", label) and label != "0 calls in the last 24 hours"


def test_many_endpoints_come_in_pages(opened: Any, collector: Collector) -> None:
    collector.batch([trace(f"/things{n}", route=f"/things{n}") for n in range(230)])
    collector.settled(230)
    page = opened(collector, "/?sort=endpoint")
    seen = listed(page)
    for _ in range(2):
        page.click("a[rel=next]")
        expect(page.locator("nav.pages span")).to_have_text(f"Page {len(seen) // 100 + 1} of 3")
        seen += listed(page)
    assert sorted(seen) == sorted(f"GET /things{n}" for n in range(230))
    assert page.locator("a[rel=next]").count() == 0
