"""A page that is open renews itself, and nothing moves under the pointer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collector.collector_support import Collector, trace
from tests.collector.page.browser import expect

pytestmark = pytest.mark.slow


def order(page: Any, selector: str) -> list[str]:
    found: list[str] = page.eval_on_selector_all(selector, "rows => rows.map(row => row.dataset.key)")
    return found


def test_a_new_request_appears_on_top_by_itself(opened: Any, collector: Collector) -> None:
    collector.batch([trace("/first", route="/first")])
    collector.settled(1)
    page = opened(collector)
    page.evaluate("window.same = true")
    collector.batch([trace("/second", route="/second")])
    expect(page.locator("#feed .path").first).to_have_text("/second")
    expect(page.locator("#rows > tr")).to_have_count(2)
    assert page.evaluate("window.same") is True


def test_counts_grow_in_place_and_rows_stay_where_they_are(opened: Any, collector: Collector) -> None:
    collector.batch([trace("/often", route="/often")] * 3 + [trace("/rare", route="/rare")])
    collector.settled(4)
    page = opened(collector)
    before = order(page, "#rows > tr")
    box = page.locator("#rows > tr").nth(1).bounding_box()
    page.evaluate("window.row = document.querySelectorAll('#rows > tr')[1]")
    collector.batch([trace("/rare", route="/rare")] * 9)
    expect(page.locator("#rows .c-calls").nth(1)).to_have_text("10")
    assert order(page, "#rows > tr") == before
    assert page.evaluate("window.row === document.querySelectorAll('#rows > tr')[1]") is True
    assert page.locator("#rows > tr").nth(1).bounding_box() == box
    page.click("text=Sort again")
    expect(page.locator("#rows .c-calls").first).to_have_text("10")
    assert order(page, "#rows > tr") == before[::-1]


def test_requests_wait_while_the_pointer_is_over_them(opened: Any, collector: Collector) -> None:
    collector.batch([trace("/first", route="/first")] * 3)
    collector.settled(3)
    page = opened(collector)
    before = order(page, "#feed > tr")
    page.hover("#feed > tr:nth-child(2)")
    collector.batch([trace("/second", route="/second")] * 2)
    page.wait_for_selector("button:text('Show 2 new')")
    assert order(page, "#feed > tr") == before
    page.click("button:text('Show 2 new')")
    assert order(page, "#feed > tr")[2:] == before


def test_a_collector_that_is_gone_is_said_to_be(opened: Any, collector: Collector) -> None:
    collector.batch([trace()])
    collector.settled(1)
    page = opened(collector)
    page.complaints.expected = ("ERR_CONNECTION_REFUSED", "Failed to fetch")
    collector.stop()
    page.wait_for_selector("text=Collector not reachable")


def test_what_was_typed_survives_a_renewal(opened: Any, collector: Collector) -> None:
    collector.batch([trace("/a", route="/a")])
    collector.settled(1)
    page = opened(collector)
    page.focus("[name=q]")
    page.keyboard.type("a")
    page.wait_for_selector(".found")
    collector.batch([trace("/a", route="/a")])
    expect(page.locator("#rows .c-calls").first).to_have_text("2")
    assert page.input_value("[name=q]") == "a"
    assert page.evaluate("document.activeElement.name") == "q"


def test_the_first_endpoint_appears_where_there_was_none(opened: Any, collector: Collector) -> None:
    collector.batch([trace("/nothing-here", status=404)])
    collector.settled(1)
    page = opened(collector)
    expect(page.locator(".nothing")).to_contain_text("No endpoint yet")
    collector.batch([trace("/here", route="/here")])
    expect(page.locator("#rows > tr")).to_have_count(1)


def test_a_new_finding_asks_for_attention_by_itself(opened: Any, collector: Collector) -> None:
    collector.batch([trace("/a", route="/a")])
    collector.settled(1)
    page = opened(collector)
    expect(page.locator("#attention li")).to_have_count(0)
    collector.batch([trace("/a", route="/a", status=500)])
    expect(page.locator("#attention li")).to_have_count(1)
